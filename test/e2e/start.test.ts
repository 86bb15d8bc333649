import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { freePort } from '../support/freePort.ts';
import { startEntry, urlOf } from '../support/processes.ts';

const jobs = z.object({
  data: z.object({ jobs: z.object({ edges: z.array(z.object({ node: z.object({ jobId: z.string(), status: z.string() }) })) }) }),
});
const created = z.object({
  data: z.object({ createJobs: z.object({ results: z.array(z.object({ job: z.object({ jobId: z.string() }) })) }) }),
});

async function ask<Answer>(url: string, schema: z.ZodType<Answer>, query: string, variables: object = {}): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  return schema.parse(await response.json());
}

const statuses = async (url: string): Promise<readonly string[]> => {
  const { data } = await ask(url, jobs, '{ jobs(first: 100) { edges { node { jobId status } } } }');
  return data.jobs.edges.map(({ node }) => node.status);
};

async function tempDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'job-tickets-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

describe('npm start', () => {
  test.each(['SIGKILL', 'SIGTERM'] as const)('goes on after a %s in the middle of work', async (signal) => {
    await using dir = await tempDir();
    const env = { DATA_DIR: dir.path, VISIBILITY_TIMEOUT_SECONDS: '3', SHUTDOWN_GRACE_SECONDS: '1', WORKER_CONCURRENCY: '8' };
    const first = await startEntry('start', { env });
    const url = await urlOf(first, 'start');
    const jobs = Array.from({ length: 20 }, (_, index) => ({
      type: 'simulate_work',
      params: { durationMs: 2000 },
      idempotencyKey: `key-${index}`,
    }));
    const make = 'mutation ($input: CreateJobsInput!) { createJobs(input: $input) { results { job { jobId } } } }';
    await ask(url, created, make, { input: { jobs } });
    await expect.poll(async () => (await statuses(url)).filter((status) => status === 'PROCESSING').length).toBe(8);
    if (signal === 'SIGKILL') {
      await first.kill();
    } else {
      first.signal('SIGTERM');
      expect(await first.exited()).toBe(0);
    }

    await using second = await startEntry('start', { env });
    const again = await urlOf(second, 'start');
    await expect.poll(() => statuses(again), { timeout: 25_000 }).toEqual(Array.from({ length: 20 }, () => 'SUCCEEDED'));
    const repeated = await ask(again, created, make, { input: { jobs } });
    expect(repeated.data.createJobs.results).toHaveLength(20);
    expect(await statuses(again)).toHaveLength(20);
  });

  test('serves a watcher who sees a job from its creation to its end, and the stream completes', async () => {
    await using system = await startEntry('start', { env: { DATA_DIR: '' } });
    const url = await urlOf(system, 'start');
    const { data } = await ask(
      url,
      created,
      'mutation { createJobs(input: { jobs: [{ type: "simulate_work", params: { durationMs: 500 }, delaySeconds: 1 }] }) { results { job { jobId } } } }',
    );
    const client = createClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
    const seen: unknown[] = [];
    const query = 'subscription ($jobId: ID!) { jobStatusChanged(jobId: $jobId) { status version } }';
    for await (const result of client.iterate({ query, variables: { jobId: data.createJobs.results[0]?.job.jobId } }))
      seen.push(result.data?.['jobStatusChanged']);
    expect(seen).toEqual([
      { status: 'PENDING', version: 1 },
      { status: 'PROCESSING', version: 2 },
      { status: 'SUCCEEDED', version: 3 },
    ]);
    await client.dispose();
  });

  test('says in one line what is wrong with a setting, and exits with 78', async () => {
    await using system = await startEntry('start', { env: { DATA_DIR: '', PORT: 'eighty', BACKOFF_BASE_MS: '-1' }, awaitReady: false });
    expect(await system.exited()).toBe(78);
    expect(system.logs()).toMatch(/^job-tickets: PORT: .*\nBACKOFF_BASE_MS: .*\n$/);
  });

  test('says in one line that its port is in use', async () => {
    await using first = await startEntry('start', { env: { DATA_DIR: '' } });
    const port = new URL(await urlOf(first, 'start')).port;
    await using second = await startEntry('start', { env: { DATA_DIR: '', PORT: port }, awaitReady: false });
    expect(await second.exited()).toBe(78);
    expect(second.logs()).toMatch(/^job-tickets: .*EADDRINUSE.*set PORT to another one\n$/);
  });

  test('says in one line that another process uses its data', async () => {
    await using dir = await tempDir();
    await using first = await startEntry('start', { env: { DATA_DIR: dir.path } });
    await using second = await startEntry('start', { env: { DATA_DIR: dir.path }, awaitReady: false });
    expect(await second.exited()).toBe(78);
    expect(second.logs()).toBe(`job-tickets: DATA_DIR: ${dir.path} is in use by another process\n`);
    expect((await fetch(`${await urlOf(first, 'start')}/readyz`)).status).toBe(200);
  });

  test('keeps trying an endpoint that does not answer, and says why at /readyz', async () => {
    const away = `http://127.0.0.1:${await freePort()}`;
    await using system = await startEntry('start', {
      env: { AWS_ENDPOINT_URL_DYNAMODB: away, AWS_ENDPOINT_URL_SQS: away, AWS_ENDPOINT_URL_S3: away },
    });
    const url = await urlOf(system, 'start');
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toMatch(/table.*ECONNREFUSED/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test.each([
    ['a folder under /proc, where nobody can make one', '/proc/job-tickets/data', /cannot be used as a folder \(E\w+\)/],
    ['a folder below a file', `${import.meta.filename}/data`, /cannot be used as a folder \(ENOTDIR\)/],
    ['a file', import.meta.filename, /cannot be used as a folder \(EEXIST\)/],
  ])('reports in one line that its folder cannot be used: %s', async (_, DATA_DIR, complaint) => {
    await using system = await startEntry('start', { env: { DATA_DIR }, awaitReady: false });
    expect(await system.exited()).toBe(78);
    expect(system.logs()).toMatch(/^job-tickets: DATA_DIR: [^\n]*\n$/);
    expect(system.logs()).toMatch(complaint);
  });

  test.each([
    ['no database', 'this is no database, but it is somebody’s', /jobs\.sqlite is no database, and was left as it is/],
    ['damaged', `SQLite format 3\0${'x'.repeat(5000)}`, /jobs\.sqlite is (damaged|no database), and was left as it is/],
  ])('says in one line that its file is %s, and leaves it as it is', async (_, content, complaint) => {
    await using dir = await tempDir();
    await writeFile(join(dir.path, 'jobs.sqlite'), content);
    await using system = await startEntry('start', { env: { DATA_DIR: dir.path }, awaitReady: false });
    expect(await system.exited()).toBe(78);
    expect(system.logs()).toMatch(/^job-tickets: DATA_DIR: [^\n]*\n$/);
    expect(system.logs()).toMatch(complaint);
    expect(await readFile(join(dir.path, 'jobs.sqlite'), 'utf8')).toBe(content);
  });

  test('says where the jobs are that an earlier version kept in emulators, once, and begins with none', async () => {
    await using dir = await tempDir();
    await mkdir(join(dir.path, 'dynamodb'));
    await using system = await startEntry('start', { env: { DATA_DIR: dir.path } });
    expect(system.logs()).toMatch(/the emulators’ jobs in this folder stay there/);
    expect(await statuses(await urlOf(system, 'start'))).toEqual([]);
  });

  test('needs Redis where server and worker are processes of their own', async () => {
    await using worker = await startEntry('worker', { env: {}, awaitReady: false });
    expect(await worker.exited()).toBe(78);
    expect(worker.logs()).toMatch(/^worker: REDIS_URL: .*\n$/);
  });
});
