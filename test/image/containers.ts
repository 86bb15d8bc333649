/** The images, built from the Dockerfile and run as containers: what an orchestrator relies on. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { createClients } from '../../infra/local/clients.ts';
import { openEmbeddedAws, type EmbeddedAws } from '../../infra/local/embeddedAws.ts';
import { uploadExamples } from '../../infra/local/exampleFiles.ts';
import { freePort } from '../support/freePort.ts';
import { ensurePrograms } from '../support/install.ts';
import { startContainer, type Container, type ContainerOptions } from './container.ts';
import { openImageStore, type BuiltImage, type ImageStore } from './imageStore.ts';
import { runJob } from './runJob.ts';
import { writeSizes } from './writeSizes.ts';

const run = promisify(execFile);
const project = join(import.meta.dirname, '../..');
const targets = ['server', 'worker', 'single'] as const;
type Target = (typeof targets)[number];
/** Neither root nor the image's own. */
const otherUid = 4321;
const source = 's3://job-tickets/examples/document.pdf';

const resources = new AsyncDisposableStack();
let store: ImageStore;
let images: Readonly<Record<Target, BuiltImage & { readonly root: string }>>;
let aws: EmbeddedAws;
let folder: string;

beforeAll(async () => {
  if (process.getuid?.() !== 0)
    throw new Error('only root makes containers here: run npm run test:images as root, or in a machine of its own');
  await ensurePrograms(process.env, { buildah: 'buildah', runc: 'runc', debootstrap: 'debootstrap' });
  folder = await mkdtemp(join(tmpdir(), 'job-tickets-containers-'));
  resources.defer(() => rm(folder, { recursive: true }));
  aws = resources.adopt(await openEmbeddedAws({ dataDir: '' }), ({ close }) => close());
  store = resources.use(await openImageStore());
  const build = async (target: Target) => {
    const image = await store.build(target);
    return { ...image, root: await image.mount() };
  };
  // One after the other, since each finds the layers of the one before.
  images = { server: await build('server'), worker: await build('worker'), single: await build('single') };
}, 900_000);
afterAll(() => resources.disposeAsync());

test('server and worker, as another user on a read-only root, do jobs together; SIGTERM drains them, and they exit with 0', async () => {
  await using system = await startSystem('drain', { uid: otherUid });
  const { url, server, worker } = system;
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(await runJob(`${url}/graphql`, 'process_document', { source })).toMatchObject({ status: 'SUCCEEDED', result: { pages: 3 } });

  const running = startWork(url);
  await worker.said(/"type":"simulate_work"/);
  await worker.signal('SIGTERM');
  expect(await worker.exited).toBe(0);
  expect(await running).toMatchObject({ status: 'SUCCEEDED' });
  await server.signal('SIGTERM');
  expect(await server.exited).toBe(0);
});

test('everything in one process, as another user on a read-only root, ends its job before it exits with 0, and keeps it', async () => {
  const port = await freePort();
  const start = () =>
    startContainer(images.single, {
      root: images.single.root,
      uid: otherUid,
      env: { HOST: '127.0.0.1', PORT: String(port), AUTH: 'none', LOG_LEVEL: 'debug' },
      volumes: { '/app/data': join(folder, 'kept') },
    });
  const url = `http://127.0.0.1:${port}`;
  await using first = await start();
  await first.said(/job tickets are open/);
  expect(await runJob(`${url}/graphql`, 'process_document', { source })).toMatchObject({ status: 'SUCCEEDED', result: { pages: 3 } });
  const running = startWork(url);
  await first.said(/"type":"simulate_work"/);
  await first.signal('SIGTERM');
  expect(await running).toMatchObject({ status: 'SUCCEEDED' });
  expect(await first.exited).toBe(0);

  await using second = await start();
  await second.said(/job tickets are open/);
  expect(await listStatuses(url)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  await second.signal('SIGINT');
  expect(await second.exited).toBe(0);
});

test('HEALTHCHECK passes in each image, and fails where nothing answers', async () => {
  await using system = await startSystem('health', {});
  await using single = await startSingle({ volumes: { '/app/data': join(folder, 'health') } });
  for (const container of [system.server, system.worker, single]) {
    expect(await container.check()).toBe(0);
    expect(await container.check(undefined, { PORT: '9', METRICS_PORT: '9' })).toBe(1);
  }
});

test('even as root on a root that takes every write, they write nowhere but in the volume and below /tmp', async () => {
  const stamp = join(folder, 'stamp');
  await writeFile(stamp, '');
  const free: Partial<ContainerOptions> = { uid: 0, isReadOnly: false };
  await using system = await startSystem('writes', free);
  await using single = await startSingle({ ...free, volumes: { '/app/data': join(folder, 'writes') } });
  await runJob(`${system.url}/graphql`, 'process_document', { source });
  for (const container of [system.server, system.worker, single]) {
    await container.signal('SIGTERM');
    expect(await container.exited).toBe(0);
  }
  for (const target of targets) expect(await changedSince(stamp, images[target].root)).toEqual([]);
  // It would be seen.
  const { single: image } = images;
  await using stray = await startContainer(image, { ...free, root: image.root, env: {}, command: ['touch', '/app/stray'] });
  expect(await stray.exited).toBe(0);
  expect(await changedSince(stamp, image.root)).toContain('app/stray');
  expect(await readdir(join(folder, 'writes'))).toEqual(expect.arrayContaining(['jobs.sqlite', 'objects']));
});

test.each(targets)('%s exits with 78 and one line for a setting that is not valid', async (target) => {
  const image = images[target];
  await using container = await startContainer(image, { root: image.root, env: { AUTH: 'none', PORT: 'many' } });
  expect(await container.exited).toBe(78);
  expect(container.logs().trim().split('\n')).toEqual([expect.stringContaining('PORT')]);
});

test('server and single refuse to be open to everybody where nobody said so: exit code 78', async () => {
  for (const image of [images.server, images.single]) {
    await using container = await startContainer(image, { root: image.root, env: { REDIS_URL: inject('redisUrl') } });
    expect(await container.exited).toBe(78);
    expect(container.logs()).toContain('AUTH');
  }
});

test('their packages are those of production: no emulator, no CDK, no tool of tests or builds, no npm', async () => {
  const lock = z
    .object({ packages: z.record(z.string(), z.object({ dev: z.boolean().default(false) })) })
    .parse(JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8')));
  for (const target of targets) {
    const { root } = images[target];
    const { stdout } = await run('find', [join(root, 'app/node_modules'), '-name', 'package.json', '-path', '*/node_modules/*']);
    const installed = stdout
      .split('\n')
      .flatMap((path) => /^app\/(.*node_modules\/(?:@[^/]+\/)?[^/@]+)\/package\.json$/.exec(relative(root, path))?.[1] ?? []);
    expect(installed.length).toBeGreaterThan(50);
    expect(installed.filter((path) => lock.packages[path]?.dev !== false)).toEqual([]);
    for (const name of ['dynalite', 'fauxqs', 'aws-cdk-lib', 'vitest', 'typescript', 'esbuild']) {
      expect(lock.packages[`node_modules/${name}`]).toMatchObject({ dev: true });
    }
    await expect(stat(join(root, 'usr/local/lib/node_modules'))).rejects.toThrow('ENOENT');
    const tests = await run('find', [join(root, 'app'), '-name', '*.test.ts']);
    expect(tests.stdout).toBe('');
  }
});

test('the server’s image is of 250 MB at most; docs/images.md says the sizes', async () => {
  const sizes = await Promise.all(
    targets.map(async (target) => {
      const megabytes = async (path: string): Promise<number> =>
        Number((await run('du', ['--summarize', '--bytes', '--one-file-system', path])).stdout.split('\t')[0]) / 1e6;
      const { root } = images[target];
      return {
        target,
        all: await megabytes(root),
        app: await megabytes(join(root, 'app')),
        packages: await megabytes(join(root, 'app/node_modules')),
      };
    }),
  );
  await writeSizes(sizes, store.bases);
  expect(sizes.find(({ target }) => target === 'server')?.all).toBeLessThanOrEqual(250);
});

/** Server and worker on table and queues of their own, which the worker's image provisions. */
async function startSystem(prefix: string, options: Partial<ContainerOptions>) {
  await using starting = new AsyncDisposableStack();
  const port = await freePort();
  const env = {
    HOST: '127.0.0.1',
    PORT: String(port),
    METRICS_PORT: String(await freePort()),
    LOG_LEVEL: 'debug',
    AUTH: 'none',
    REDIS_URL: inject('redisUrl'),
    AWS_ENDPOINT_URL_DYNAMODB: aws.endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: aws.endpoints.sqs,
    AWS_ENDPOINT_URL_S3: aws.endpoints.s3,
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
    QUEUE_PREFIX: prefix,
    JOBS_TABLE: `Jobs-${prefix}`,
    RECEIVE_WAIT_SECONDS: '1',
  };
  const start = async (target: 'server' | 'worker', more: Partial<ContainerOptions> = {}): Promise<Container> => {
    const image = images[target];
    return starting.use(
      await startContainer(image, { root: image.root, env, inMemory: target === 'worker' ? ['/tmp'] : [], ...options, ...more }),
    );
  };
  const provision = await start('worker', { command: ['node', 'infra/local/provisionMain.ts'] });
  expect(await provision.exited, provision.logs()).toBe(0);
  using clients = createClients({ region: 'us-east-1', endpoints: aws.endpoints });
  await uploadExamples(clients.s3, 'job-tickets');
  const [server, worker] = [await start('server'), await start('worker')];
  await Promise.all([server.said(/the server is open/), worker.said(/the worker polls/)]);
  const running = starting.move();
  return { url: `http://127.0.0.1:${port}`, server, worker, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function startSingle(options: Partial<ContainerOptions>): Promise<Container> {
  const { single } = images;
  const env = { HOST: '127.0.0.1', PORT: String(await freePort()), AUTH: 'none' };
  const container = await startContainer(single, { root: single.root, env, ...options });
  await container.said(/job tickets are open/);
  return container;
}

/** A job that is still running when its worker is asked to stop. */
const startWork = (url: string): Promise<unknown> => runJob(`${url}/graphql`, 'simulate_work', { durationMs: 2000 });

async function listStatuses(url: string): Promise<readonly string[]> {
  const body = JSON.stringify({ query: '{ jobs { edges { node { status } } } }' });
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const node = z.object({ node: z.object({ status: z.string() }) });
  const answer = z.object({ data: z.object({ jobs: z.object({ edges: z.array(node) }) }) }).parse(await response.json());
  return answer.data.jobs.edges.map(({ node: { status } }) => status);
}

async function changedSince(stamp: string, root: string): Promise<readonly string[]> {
  const { stdout } = await run('find', [root, '-xdev', '-newer', stamp, '-not', '-path', root]);
  return stdout
    .split('\n')
    .filter((path) => path !== '')
    .map((path) => relative(root, path));
}
