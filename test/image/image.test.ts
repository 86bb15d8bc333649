import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { createClients } from '../../infra/local/clients.ts';
import { openEmbeddedAws, type EmbeddedAws } from '../../infra/local/embeddedAws.ts';
import { uploadExamples } from '../../infra/local/exampleFiles.ts';
import { freePort } from '../support/freePort.ts';
import { startProgram } from '../support/program.ts';
import { buildImages, readStages, type Image } from './dockerfile.ts';
import { runJob } from './runJob.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

const resources = new AsyncDisposableStack();
let server: Image;
let worker: Image;
let aws: EmbeddedAws;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-image-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  aws = resources.adopt(await openEmbeddedAws({ dataDir: '' }), ({ close }) => close());
  const [one, other] = await buildImages(['server', 'worker'], folder);
  if (one === undefined || other === undefined) throw new Error('two targets make two images');
  [server, worker] = [one, other];
}, 180_000);
afterAll(() => resources.disposeAsync());

test('both images, built in clean folders, do a job together', { timeout: 180_000 }, async () => {
  await using system = await startImages('image', { PORT: String(await freePort()), METRICS_PORT: String(await freePort()) });
  for (const image of [server, worker]) {
    const check = inImage(image, system.settings, image.healthcheck);
    await run(check.command, [...check.args], { cwd: image.folder });
  }
  const job = await runJob(`${system.url}/graphql`, 'process_document', { source: 's3://job-tickets/examples/document.pdf' });
  const page = await fetch(`${system.url}/`);
  expect(await page.text()).toContain('<html');
  expect(job).toMatchObject({ status: 'SUCCEEDED', result: { pages: 3 } });
});

test('a team’s images, of two lines each, do a job of its own type, and know no other', { timeout: 180_000 }, async () => {
  const manual = await readFile(join(root, 'docs/deployment.md'), 'utf8');
  const [, from = '', to = ''] = /^FROM job-tickets\/worker\nCOPY (\S+) (\S+)\n```$/m.exec(manual) ?? [];
  const [, setting = ''] = /`JOBS=(\S+)`/.exec(manual) ?? [];
  expect(from).toBe('jobs');
  for (const image of [server, worker]) {
    for (const [name, text] of Object.entries(team)) {
      const path = join(image.folder, to, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
  }
  await using system = await startImages('team', { JOBS: setting });
  const shouted = await runJob(`${system.url}/graphql`, 'shout', { text: 'hello' });
  expect(shouted).toMatchObject({ status: 'SUCCEEDED', result: { text: 'HELLO' } });
  const silent = await runJob(`${system.url}/graphql`, 'shout', { text: '' });
  expect(silent).toMatchObject({ status: 'FAILED_FINAL', error: { message: 'there is nothing to shout' } });
  await expect(runJob(`${system.url}/graphql`, 'process_document', {})).rejects.toThrow('UNKNOWN_JOB_TYPE');
});

const team = {
  'index.ts': `import { listJob, listJobs } from 'job-tickets';
    import { shout } from './shout/type.ts';
    export default listJobs([listJob(shout, () => import('./shout/handler.ts'))]);`,
  'shout/type.ts': `import { defineJobType } from 'job-tickets';
    import { z } from 'zod';
    const text = z.strictObject({ text: z.string() });
    export const shout = defineJobType({
      name: 'shout', description: 'Says it louder.', params: text, result: text, policy: { timeoutSeconds: 10 }, example: { text: 'hello' },
    });`,
  'shout/handler.ts': `import { defineHandler, PermanentError } from 'job-tickets';
    import { shout } from './type.ts';
    export const handler = defineHandler(shout, async ({ text }) => {
      if (text === '') throw new PermanentError('there is nothing to shout');
      return { text: text.toUpperCase() };
    });`,
};

/** Server and worker on table and queues of their own, which the worker's image provisions, as docker-compose.yml does. */
async function startImages(prefix: string, more: Readonly<Record<string, string>>) {
  await using starting = new AsyncDisposableStack();
  const settings = {
    NODE_ENV: 'development',
    PORT: '0',
    METRICS_PORT: '0',
    REDIS_URL: inject('redisUrl'),
    AWS_ENDPOINT_URL_DYNAMODB: aws.endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: aws.endpoints.sqs,
    AWS_ENDPOINT_URL_S3: aws.endpoints.s3,
    QUEUE_PREFIX: prefix,
    JOBS_TABLE: `Jobs-${prefix}`,
    RECEIVE_WAIT_SECONDS: '1',
    ...more,
  };
  const start = async (image: Image, ready: RegExp) =>
    starting.adopt(await startProgram({ ...inImage(image, settings, image.command), ready, cwd: image.folder }), ({ stop }) => stop());
  const provision = inImage(worker, settings, ['infra/local/provisionMain.ts']);
  await run(provision.command, [...provision.args], { cwd: worker.folder });
  using clients = createClients({ region: 'us-east-1', endpoints: aws.endpoints });
  await uploadExamples(clients.s3, 'job-tickets');
  const [{ output }] = await Promise.all([start(server, /"url":"[^"]+","msg":"the server is open"/), start(worker, /the worker polls/)]);
  const running = starting.move();
  return { url: /"url":"([^"]+)"/.exec(output)?.[1] ?? '', settings, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

test('the image of everything in one process does a job, and keeps it in its volume', { timeout: 180_000 }, async () => {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-image-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const [single] = await buildImages(['single'], folder);
  if (single === undefined) throw new Error('a target makes an image');
  const port = await freePort();
  // No other setting: in production, authentication must be switched off explicitly.
  const settings = { PORT: String(port), AUTH: 'none' };
  const start = async () =>
    resources.adopt(
      await startProgram({ ...inImage(single, settings, single.command), ready: /job tickets are open/, cwd: single.folder }),
      ({ stop }) => stop(),
    );
  const first = await start();
  const check = inImage(single, settings, single.healthcheck);
  await run(check.command, [...check.args], { cwd: single.folder });
  const url = `http://127.0.0.1:${port}/graphql`;
  const source = 's3://job-tickets/examples/document.pdf';
  expect(await runJob(url, 'process_document', { source })).toMatchObject({ status: 'SUCCEEDED', result: { pages: 3 } });
  await first.stop();
  expect(await readdir(join(single.folder, 'data'))).toEqual(expect.arrayContaining(['jobs.sqlite', 'objects']));
  await start();
  expect(await runJob(url, 'process_document', { source })).toMatchObject({ status: 'SUCCEEDED' });
});

test('the images carry no tests, no packages of development, and run as nobody in particular', async () => {
  const stages = await readStages();
  for (const target of ['server', 'worker', 'single']) {
    const steps = stages.get(target)?.steps ?? [];
    expect(steps).toContainEqual(['USER', '1000:1000']);
    expect(steps.map(([instruction]) => instruction)).toContain('HEALTHCHECK');
  }
  const [install] = stages.get('worker-packages')?.steps.filter(([instruction]) => instruction === 'RUN') ?? [];
  expect(install?.[1]).toMatch(/^npm ci --omit=dev --ignore-scripts /);
});

test('the base image has the Node that the project is developed on', async () => {
  const { dependencies } = z
    .object({ dependencies: z.object({ node: z.string() }) })
    .parse(JSON.parse(readFileSync(join(root, 'infra/node/package.json'), 'utf8')));
  expect(await readFile(join(root, 'Dockerfile'), 'utf8')).toContain(`FROM node:${dependencies.node}-`);
});

/** `node …` as the image runs it: nothing of this process's environment but the path is there. */
function inImage({ env }: Image, settings: Readonly<Record<string, string>>, args: readonly string[]) {
  const pairs = Object.entries({ ...env, ...settings, HOST: '127.0.0.1' }).map(([name, value]) => `${name}=${value}`);
  return { command: 'env', args: ['-i', `PATH=${process.env['PATH'] ?? ''}`, ...pairs, process.execPath, ...args] };
}
