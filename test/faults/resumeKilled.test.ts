/** kill -9 of the process that ends a pause, in the middle: no job that waited for it is lost, run twice, or failed. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { pauseWork } from '../../core/usecases/pauseWork.ts';
import { startEntry, urlOf } from '../support/processes.ts';
import { createOver, watchOver } from './apiClient.ts';
import { openFolder } from './disk.ts';
import { checkHistory } from './historyChecker.ts';
import { openStage } from './stage.ts';

const type = 'simulate_work';

async function ask(url: string, query: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return response.json();
}

const resume = (url: string): Promise<unknown> =>
  ask(url, `mutation { resumeJobType(input: { type: "${type}" }) { jobType { isPaused } } }`);

const touched = z.object({ UpdateExpression: z.string() });
const endsWait = (body: unknown): boolean => touched.safeParse(body).data?.UpdateExpression.includes('REMOVE #waiting') === true;

test('a server killed while it resumes a type leaves some parked and some without a message: each runs once', async (context) => {
  await using stage = await openStage(context);
  await pauseWork(stage.core, { type }, {});
  const [server] = await Promise.all([stage.start('server'), stage.start('worker')]);
  const jobs = await Promise.all(Array.from({ length: 20 }, () => stage.create()));
  const parked = async () => (await stage.core.table.listPlaced({ place: 'paused', limit: 100 })).jobs.length;
  await expect.poll(parked, { timeout: 20_000 }).toBe(jobs.length);
  const holds = Promise.all([server.table.hold('before', 'UpdateItem', endsWait), server.queues.hold('before', 'SendMessageBatch')]);
  const lost = resume(await urlOf(server, 'server')).catch(() => 'lost');
  await holds;
  await server.kill();
  expect(await lost).toBe('lost');
  expect(await parked()).toBeGreaterThan(0);
  expect(await parked()).toBeLessThan(jobs.length);
  // Its timer finds those, and its sweeper the others.
  await stage.start('lambdas');
  const ends = await Promise.all(jobs.map(({ jobId }) => stage.watch(jobId).done));
  expect(ends.map((event) => event?.status)).toEqual(jobs.map(() => 'SUCCEEDED'));
  const history = await stage.history();
  expect(checkHistory(history)).toEqual([]);
  expect(history.table.map(({ attempts, failures, losses }) => [attempts, failures, losses])).toEqual(jobs.map(() => [1, 0, 0]));
});

const listed = z.object({
  data: z.object({
    jobs: z.object({ edges: z.array(z.object({ node: z.object({ status: z.string(), waitingReason: z.string().nullable() }) })) }),
  }),
});

test('the whole system killed while it resumes a type runs the rest when it comes back', async () => {
  await using folder = await openFolder();
  const env = { DATA_DIR: folder.path, VISIBILITY_TIMEOUT_SECONDS: '2', RECEIVE_WAIT_SECONDS: '1', SWEEP_INTERVAL_SECONDS: '1' };
  const nodes = async (url: string) => {
    const answer = await ask(url, '{ jobs(first: 100) { edges { node { status waitingReason } } } }');
    return listed.parse(answer).data.jobs.edges.map(({ node }) => node);
  };
  const jobIds: string[] = [];
  {
    await using entry = await startEntry('start', { env });
    const url = await urlOf(entry, 'start');
    await ask(url, `mutation { pauseJobType(input: { type: "${type}" }) { jobType { isPaused } } }`);
    while (jobIds.length < 250) {
      const some = await Promise.all(Array.from({ length: 10 }, () => createOver(url, { params: { durationMs: 100 } })));
      jobIds.push(...some.map(({ jobId }) => jobId));
    }
    // Of the newest hundred.
    const paused = async () => (await nodes(url)).filter(({ waitingReason }) => waitingReason === 'PAUSED').length;
    await expect.poll(paused, { timeout: 20_000 }).toBe(100);
    // They are sent a hundred at a time.
    const lost = resume(url).catch(() => 'lost');
    await entry.said(/a receive ended/);
    await entry.kill();
    await lost;
  }
  await using entry = await startEntry('start', { env });
  const url = await urlOf(entry, 'start');
  const watchers = jobIds.map((jobId) => watchOver(() => url, jobId));
  await Promise.all(watchers.map(({ done }) => done));
  expect(watchers.map(({ events }) => events.at(-1)?.status)).toEqual(jobIds.map(() => 'SUCCEEDED'));
});
