/** Builds the Dockerfile's targets into images, with Buildah, which needs no daemon; a store of its own, deleted in the end. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { readStages } from './dockerfile.ts';
import { standInFor } from './standIns.ts';

const run = promisify(execFile);
const project = join(import.meta.dirname, '../..');

/** As Docker keeps it. */
const configSchema = z.object({
  User: z.string(),
  Env: z.array(z.string()),
  Cmd: z.array(z.string()),
  WorkingDir: z.string(),
  Volumes: z.record(z.string(), z.unknown()).default({}),
  Healthcheck: z.object({ Test: z.array(z.string()) }),
});

export interface BuiltImage {
  readonly target: string;
  readonly config: z.infer<typeof configSchema>;
  /** Its root folder, writable; what is written there is no part of the image. */
  mount(): Promise<string>;
}

export interface ImageStore extends AsyncDisposable {
  /** Which images of the Dockerfile's FROM lines came from a registry, and which are stand-ins. */
  readonly bases: Readonly<Record<string, 'registry' | 'stand-in'>>;
  build(target: string): Promise<BuiltImage>;
}

export async function openImageStore(): Promise<ImageStore> {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-images-'));
  const buildah = async (...args: readonly string[]): Promise<string> => {
    const store = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')];
    const { stdout } = await run('buildah', [...store, ...args], { cwd: project, maxBuffer: 64 * 1024 ** 2 });
    return stdout.trim();
  };
  const close = async (): Promise<void> => {
    await buildah('rm', '--all');
    await rm(folder, { recursive: true });
  };
  try {
    const volumes = await npmVolumes(folder);
    const bases = await fetchBases(buildah);
    return { bases, build: (target) => build(target, buildah, volumes), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Buildah = (...args: readonly string[]) => Promise<string>;

async function fetchBases(buildah: Buildah): Promise<ImageStore['bases']> {
  const stages = await readStages();
  const references = new Set([...stages.values()].map(({ from }) => from).filter((from) => !stages.has(from)));
  const bases: Record<string, 'registry' | 'stand-in'> = {};
  for (const reference of references) {
    const name = `docker.io/library/${reference}`;
    try {
      await buildah('pull', '--quiet', name);
      bases[reference] = 'registry';
    } catch {
      bases[reference] = 'stand-in';
      const container = await buildah('from', 'scratch');
      await buildah('add', '--quiet', container, await standInFor(reference), '/');
      await buildah('commit', '--quiet', '--rm', container, name);
    }
  }
  return bases;
}

/** npm within a build: this machine's cache, registry and authorities, none of which stays in the image. */
async function npmVolumes(folder: string): Promise<readonly string[]> {
  const setting = async (name: string): Promise<string> => (await run('npm', ['config', 'get', name], { cwd: project })).stdout.trim();
  const authorities = process.env['NODE_EXTRA_CA_CERTS'];
  const lines = [`registry=${await setting('registry')}`, ...(authorities === undefined ? [] : ['cafile=/tmp/authorities.crt'])];
  await writeFile(join(folder, 'npmrc'), `${lines.join('\n')}\n`);
  return [
    `${join(folder, 'npmrc')}:/usr/local/etc/npmrc:ro`,
    `${await setting('cache')}:/root/.npm`,
    ...(authorities === undefined ? [] : [`${authorities}:/tmp/authorities.crt:ro`]),
  ];
}

async function build(target: string, buildah: Buildah, volumes: readonly string[]): Promise<BuiltImage> {
  const name = `job-tickets/${target}`;
  const inOneUserSpace = ['--isolation', 'chroot', '--network', 'host'];
  const mounts = volumes.flatMap((volume) => ['--volume', volume]);
  // Docker's format, since OCI's knows no HEALTHCHECK.
  const form = ['--format', 'docker', '--layers', '--pull-never'];
  await buildah('build', '--quiet', ...inOneUserSpace, ...form, ...mounts, '--target', target, '--tag', name, '.');
  const { Docker } = z
    .object({ Docker: z.object({ config: configSchema }) })
    .parse(JSON.parse(await buildah('inspect', '--type', 'image', name)));
  return {
    target,
    config: Docker.config,
    mount: async () => buildah('mount', await buildah('from', '--pull-never', name)),
  };
}
