/**
 * Runs an image as a container engine does, with runc: its user, environment, folder and command; process 1 of its own space,
 * no capabilities, no new privileges, the root folder read-only. The network is the machine's, and no limits are set.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { BuiltImage } from './imageStore.ts';

const run = promisify(execFile);

export interface ContainerOptions {
  readonly root: string;
  /** Added to the image's own. */
  readonly env: Readonly<Record<string, string>>;
  /** In place of the image's own command. */
  readonly command?: readonly string[];
  /** In place of the image's own user; its group is of the same number. */
  readonly uid?: number;
  readonly isReadOnly?: boolean;
  /** Folders that get a file system in memory. */
  readonly inMemory?: readonly string[];
  /** The machine's folder for each of the image's volumes; the container's user owns it. */
  readonly volumes?: Readonly<Record<string, string>>;
}

export interface Container extends AsyncDisposable {
  logs(): string;
  /** @throws with the logs when it ends before that output. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: 'SIGTERM' | 'SIGINT'): Promise<void>;
  /** The exit code of the container. */
  readonly exited: Promise<number | null>;
  /** Runs the image's HEALTHCHECK, or another command, in the container, as an engine does; returns its exit code. */
  check(command?: readonly string[], env?: Readonly<Record<string, string>>): Promise<number>;
}

export async function startContainer(image: BuiltImage, options: ContainerOptions): Promise<Container> {
  const bundle = await mkdtemp(join(tmpdir(), 'job-tickets-container-'));
  await writeFile(join(bundle, 'config.json'), JSON.stringify(await runtimeConfig(image, options)));
  const [state, name] = [join(bundle, 'state'), basename(bundle)];
  const child = spawn('runc', ['--root', state, 'run', '--bundle', bundle, name], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'exit').then(() => child.exitCode);
  return {
    logs: () => output,
    async said(pattern) {
      await expect.poll(() => child.exitCode !== null || pattern.test(output), { timeout: 60_000 }).toBe(true);
      const match = pattern.exec(output);
      if (match === null) throw new Error(`${image.target} ended with ${child.exitCode}:\n${output}`);
      return match;
    },
    signal: async (signal) => void (await run('runc', ['--root', state, 'kill', name, signal])),
    exited,
    async check(command = image.config.Healthcheck.Test.slice(1), env = {}) {
      const more = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
      const checking = spawn('runc', ['--root', state, 'exec', ...more, name, ...command], { stdio: 'ignore' });
      await once(checking, 'exit');
      return checking.exitCode ?? -1;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) await run('runc', ['--root', state, 'kill', name, 'SIGKILL']).catch(() => undefined);
      await exited;
      await rm(bundle, { recursive: true });
    },
  };
}

/** In the form of OCI's runtime specification. */
async function runtimeConfig({ config }: BuiltImage, options: ContainerOptions): Promise<object> {
  const { root, env, command, isReadOnly = true, inMemory = [], volumes = {} } = options;
  const uid = options.uid ?? Number(config.User.split(':')[0]);
  for (const folder of Object.values(volumes)) {
    await mkdir(folder, { recursive: true });
    await chown(folder, uid, uid);
  }
  const flags = ['nosuid', 'nodev'];
  return {
    ociVersion: '1.0.2',
    hostname: 'container',
    process: {
      user: { uid, gid: uid },
      args: command ?? config.Cmd,
      env: [...config.Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
      cwd: config.WorkingDir,
      capabilities: {},
      noNewPrivileges: true,
    },
    root: { path: root, readonly: isReadOnly },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=64k'] },
      { destination: '/etc/resolv.conf', type: 'bind', source: '/etc/resolv.conf', options: ['bind', 'ro'] },
      ...inMemory.map((destination) => ({ destination, type: 'tmpfs', source: 'tmpfs', options: [...flags, 'mode=1777'] })),
      ...Object.entries(volumes).map(([destination, source]) => ({ destination, type: 'bind', source, options: ['bind', 'rw', ...flags] })),
    ],
    linux: { namespaces: ['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })) },
  };
}
