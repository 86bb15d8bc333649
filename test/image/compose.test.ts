import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { describeSettings, parseConfig } from '../../runtime/config.ts';
import { readStages } from './dockerfile.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

const service = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string().default('Dockerfile'), target: z.string() }).optional(),
  user: z.string().optional(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  healthcheck: z.unknown().optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  stop_grace_period: z.string().optional(),
});
const compose = z.object({ services: z.record(z.string(), service) });

const text = await readFile(join(root, 'docker-compose.yml'), 'utf8');
const { services } = compose.parse(parse(text, { merge: true }));
/** A complete version, not a tag that may move. */
const pinned = /:\d+\.\d+(\.\d+)?(-[\w.-]+)?$/;
const ours = ['provision', 'server', 'worker', 'lambdas'];

test('docker compose takes the file as it is', { timeout: 120_000 }, async () => {
  const [program, ...args] = await dockerCompose();
  await run(program, [...args, '--file', join(root, 'docker-compose.yml'), 'config', '--quiet']);
});

test('a service that depends on another waits until that is healthy, or done', () => {
  for (const { depends_on } of Object.values(services)) {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      expect(condition).toBe(name === 'provision' ? 'service_completed_successfully' : 'service_healthy');
    }
  }
  // For the others Docker uses the image's own check.
  for (const name of ['dynamodb', 'sqs', 'valkey']) expect(services[name]?.healthcheck).toBeDefined();
});

test('its images are targets of the Dockerfile, its commands are in them, its settings are known and valid', async () => {
  const stages = await readStages();
  const known = new Set(describeSettings().map(({ name }) => name));
  const built = new Map(
    Object.values(services).flatMap(({ image, build }) => (build === undefined ? [] : [[image, build.target] as const])),
  );
  for (const name of ours) {
    const { image, command, environment } = service.parse(services[name]);
    const copied = stages
      .get(built.get(image) ?? '')
      ?.steps.flatMap(([instruction, rest]) => (instruction === 'COPY' ? [rest.split(' ')[0] ?? ''] : []));
    expect(copied?.length).toBeGreaterThan(0);
    if (Array.isArray(command)) expect(copied?.some((source) => command.at(-1)?.startsWith(`${source}/`))).toBe(true);
    expect(Object.keys(environment).filter((setting) => !known.has(setting))).toEqual([]);
    expect(() => parseConfig(environment)).not.toThrow();
  }
});

test('every image is pinned to a version, and nothing runs as root', async () => {
  const stages = new Map<string, readonly string[]>();
  for (const path of ['Dockerfile', 'infra/compose/emulators.Dockerfile']) {
    for (const stage of (await readFile(join(root, path), 'utf8')).split(/^FROM /m).slice(1)) {
      const [, from = '', name = ''] = /^(\S+) AS (\S+)/.exec(stage) ?? [];
      if (!stages.has(from)) expect(from).toMatch(pinned);
      stages.set(
        name,
        [...stage.matchAll(/^USER (\S+)/gm)].map(([, user = '']) => user),
      );
    }
  }
  const builtUsers = new Map(
    Object.values(services).flatMap(({ image, build }) =>
      build === undefined ? [] : [[image, stages.get(build.target)?.at(-1)] as const],
    ),
  );
  for (const [name, { image, user }] of Object.entries(services)) {
    if (!builtUsers.has(image)) expect(image).toMatch(pinned);
    expect(user ?? builtUsers.get(image), name).toMatch(/^(?!root|0)\w+/);
  }
});

test('S3 is the emulator that the tests run on', async () => {
  const { devDependencies } = z
    .object({ devDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const dockerfile = await readFile(join(root, 'infra/compose/emulators.Dockerfile'), 'utf8');
  expect(dockerfile).toContain(` fauxqs@${devDependencies['fauxqs']} `);
});

test('Docker waits for longer than a worker takes to stop', () => {
  const { environment, stop_grace_period: period = '' } = service.parse(services['worker']);
  const { shutdownGraceSeconds, receiveWaitSeconds } = parseConfig(environment);
  expect(Number(/^(\d+)s$/.exec(period)?.[1])).toBeGreaterThanOrEqual(shutdownGraceSeconds + receiveWaitSeconds + 10);
});

/** The plugin where there is one; else Debian's program, which root on Debian gets installed. */
async function dockerCompose(): Promise<readonly [string, ...string[]]> {
  const works = (program: string, ...args: readonly string[]): Promise<boolean> =>
    run(program, [...args, 'version']).then(
      () => true,
      () => false,
    );
  if (await works('docker', 'compose')) return ['docker', 'compose'];
  if (await works('docker-compose')) return ['docker-compose'];
  if (process.getuid?.() !== 0)
    throw new Error('this test needs Docker Compose: install it, on Debian with apt-get install docker-compose');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env });
  await run('apt-get', ['install', '--yes', '--no-install-recommends', 'docker-compose'], { env, maxBuffer: 64 * 1024 ** 2 });
  return ['docker-compose'];
}
