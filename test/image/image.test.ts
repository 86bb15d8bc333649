import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { createClients } from '../../infra/local/clients.ts';
import { openEmbeddedAws } from '../../infra/local/embeddedAws.ts';
import { uploadExamples } from '../../infra/local/exampleFiles.ts';
import { freePort } from '../support/freePort.ts';
import { startProgram } from '../support/program.ts';
import { buildImages, readStages, type Image } from './dockerfile.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

test('both images, built in clean folders, do a job together', { timeout: 180_000 }, async () => {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-image-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const aws = resources.adopt(await openEmbeddedAws({ dataDir: '' }), ({ close }) => close());
  const [server, worker] = await buildImages(['server', 'worker'], folder);
  if (server === undefined || worker === undefined) throw new Error('two targets make two images');
  const [port, metricsPort] = [await freePort(), await freePort()];
  const settings = {
    NODE_ENV: 'development',
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
    REDIS_URL: inject('redisUrl'),
    AWS_ENDPOINT_URL_DYNAMODB: aws.endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: aws.endpoints.sqs,
    AWS_ENDPOINT_URL_S3: aws.endpoints.s3,
    QUEUE_PREFIX: 'image',
    RECEIVE_WAIT_SECONDS: '1',
  };
  const start = async (image: Image, ready: RegExp) =>
    resources.adopt(await startProgram({ ...inImage(image, settings, image.command), ready, cwd: image.folder }), ({ stop }) => stop());

  // The worker's image carries the provisioning, for docker-compose.yml.
  const provision = inImage(worker, settings, ['infra/local/provisionMain.ts']);
  await run(provision.command, [...provision.args], { cwd: worker.folder });
  using clients = createClients({ region: 'us-east-1', endpoints: aws.endpoints });
  await uploadExamples(clients.s3, 'job-tickets');

  await Promise.all([start(server, /the server is open/), start(worker, /the worker polls/)]);
  for (const image of [server, worker]) {
    const check = inImage(image, settings, image.healthcheck);
    await run(check.command, [...check.args], { cwd: image.folder });
  }
  const job = await runJob(`http://127.0.0.1:${port}/graphql`, 'process_document', { source: 's3://job-tickets/examples/document.pdf' });
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(await page.text()).toContain('<html');
  expect(job).toMatchObject({ status: 'SUCCEEDED', result: { pages: 3 } });
});

test('the image of everything in one process does a job, and keeps it in its volume', { timeout: 180_000 }, async () => {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-image-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const [single] = await buildImages(['single'], folder);
  if (single === undefined) throw new Error('a target makes an image');
  const port = await freePort();
  // Nothing else is given: in production somebody has to say that everybody may call.
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
  expect(stages.get('worker-packages')?.steps[0]?.[1]).toMatch(/^npm ci --omit=dev --ignore-scripts /);
});

test('the base image has the Node that the project is developed on', async () => {
  const { dependencies } = z
    .object({ dependencies: z.object({ node: z.string() }) })
    .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  expect(await readFile(join(root, 'Dockerfile'), 'utf8')).toContain(`FROM node:${dependencies.node}-`);
});

/** `node …` as the image runs it: nothing of this process's environment but the path is there. */
function inImage({ env }: Image, settings: Readonly<Record<string, string>>, args: readonly string[]) {
  const pairs = Object.entries({ ...env, ...settings, HOST: '127.0.0.1' }).map(([name, value]) => `${name}=${value}`);
  return { command: 'env', args: ['-i', `PATH=${process.env['PATH'] ?? ''}`, ...pairs, process.execPath, ...args] };
}

async function runJob(url: string, type: string, params: object): Promise<unknown> {
  const create = `mutation ($input: CreateJobInput!) { createJob(input: $input) { job { jobId } } }`;
  const created = z
    .object({ createJob: z.object({ job: z.object({ jobId: z.string() }) }) })
    .parse(await ask(create, { input: { type, params } }));
  const { jobId } = created.createJob.job;
  const waited = await ask('query ($jobId: ID!) { waitForJob(jobId: $jobId) { status result error { message } } }', { jobId });
  return z.object({ waitForJob: z.unknown() }).parse(waited).waitForJob;

  async function ask(query: string, variables: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    const answer = z.object({ data: z.unknown(), errors: z.unknown().optional() }).parse(await response.json());
    if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  }
}
