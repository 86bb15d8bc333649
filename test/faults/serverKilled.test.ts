/** kill -9 of a server at each step of a `createJob`, and while clients watch. */
import { expect, test } from 'vitest';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import { urlOf } from '../support/processes.ts';
import { createOver, watchOver } from './apiClient.ts';
import { checkHistory } from './historyChecker.ts';
import { openStage, owner, withStream, type Actor, type Stage } from './stage.ts';
import { publishes, putsJob, putsLock, putsPayload } from './tableWrites.ts';

interface Moment {
  readonly name: string;
  reach(server: Actor): Promise<unknown>;
  /** Whether the client's next try is the one that creates the job. */
  readonly createdByNextTry: boolean;
}

const moments: readonly Moment[] = [
  {
    name: 'before the lock of its idempotency key',
    reach: ({ table }) => table.hold('before', 'PutItem', putsLock),
    createdByNextTry: true,
  },
  { name: 'between lock and params', reach: ({ table }) => table.hold('before', 'PutItem', putsPayload), createdByNextTry: true },
  { name: 'between params and record', reach: ({ table }) => table.hold('before', 'PutItem', putsJob), createdByNextTry: true },
  { name: 'between record and message', reach: ({ queues }) => queues.hold('before', 'SendMessageBatch'), createdByNextTry: false },
  { name: 'between record and publish', reach: ({ redis }) => redis.hold(publishes('PENDING')), createdByNextTry: false },
  { name: 'between message and answer', reach: ({ queues }) => queues.hold('after', 'SendMessageBatch'), createdByNextTry: false },
];

test.for(moments)(
  'a server killed $name leaves one job, which the next try with its key gets',
  async ({ reach, createdByNextTry }, context) => {
    await using stage = await openStage(context);
    const [first, second] = await Promise.all([
      stage.start('server'),
      stage.start('server'),
      stage.start('worker'),
      stage.start('lambdas'),
    ]);
    // Long enough to be kept apart.
    const input = { idempotencyKey: 'once', params: { payload: 'x'.repeat(5000) } };
    const reached = reach(first);
    const url = await urlOf(first, 'server');
    const lost = createOver(url, input).then(
      () => 'answered',
      () => 'lost',
    );
    await reached;
    await first.kill();
    expect(await lost).toBe('lost');
    const answer = await createOver(await urlOf(second, 'server'), input);
    stage.accept(answer);
    expect(answer.created).toBe(createdByNextTry);
    // Where no message names the job, the sweeper finds it.
    expect(await stage.watch(answer.jobId).done).toMatchObject({ status: 'SUCCEEDED' });
    const history = await stage.history();
    expect(checkHistory(history)).toEqual([]);
    expect(history.table).toHaveLength(1);
  },
);

/** Runs until it is cancelled. */
const longJob = { params: { durationMs: 60_000 } };

/** A job that runs, and watchers of it who are sent to whatever server `url` is at the time. */
async function runWatched(stage: Stage, count: number, url: () => string) {
  const answer = await createOver(url(), longJob);
  stage.accept(answer);
  const watchers = Array.from({ length: count }, () => watchOver(url, answer.jobId));
  await expect.poll(() => watchers.every(({ events }) => events.at(-1)?.status === 'PROCESSING'), { timeout: 45_000 }).toBe(true);
  return { answer, watchers };
}

test('a hundred watchers whose server is killed see every version once, from the next server', async (context) => {
  await using stage = await openStage(context);
  const [first, second] = await Promise.all([stage.start('server'), stage.start('server'), stage.start('worker')]);
  const urls = [await urlOf(first, 'server'), await urlOf(second, 'server')];
  let url = urls[0] ?? '';
  const { answer, watchers } = await runWatched(stage, 100, () => url);
  await first.kill();
  url = urls[1] ?? '';
  await cancelJob(stage.core, { owner, jobId: answer.jobId });
  await Promise.all(watchers.map(({ done }) => done));
  for (const watcher of watchers) stage.addWatcher(watcher);
  expect(watchers.every(({ reconnects }) => reconnects() > 0)).toBe(true);
  expect(checkHistory(await stage.history())).toEqual([]);
});

const storm = process.env['FAULTS'] === 'long' ? 1000 : 250;

test(`a server that stops sends ${storm} watchers to the next one, which stays ready`, { timeout: 90_000 }, async (context) => {
  await using stage = await openStage(context);
  const [first, second] = await Promise.all([stage.start('server'), stage.start('server'), stage.start('worker')]);
  const urls = [await urlOf(first, 'server'), await urlOf(second, 'server')];
  let url = urls[0] ?? '';
  const { answer, watchers } = await runWatched(stage, storm, () => url);
  url = urls[1] ?? '';
  first.signal('SIGTERM');
  const answers: string[] = [];
  const ask = async (): Promise<void> => {
    const response = await fetch(`${url}/readyz`);
    answers.push(`${response.status} ${await response.text()}`);
  };
  const asking = setInterval(() => void ask().catch((error: unknown) => answers.push(String(error))), 100);
  expect(await first.exited()).toBe(0);
  await expect.poll(() => watchers.every(({ reconnects }) => reconnects() > 0), { timeout: 45_000 }).toBe(true);
  await cancelJob(stage.core, { owner, jobId: answer.jobId });
  await Promise.all(watchers.map(({ done }) => done));
  clearInterval(asking);
  for (const watcher of watchers) stage.addWatcher(watcher);
  expect(new Set(answers)).toEqual(new Set(['200 {"status":"ready"}']));
  expect(checkHistory(await stage.history())).toEqual([]);
});

test('a server killed between a retry’s record and its message loses no generation', async (context) => {
  await using stage = await openStage(context, withStream());
  const [server] = await Promise.all([stage.start('server'), stage.start('worker'), stage.start('lambdas')]);
  const job = await stage.create({ params: { failPermanently: true } });
  expect(await stage.watch(job.jobId).done).toMatchObject({ status: 'FAILED_FINAL' });
  const reached = server.queues.hold('before', 'SendMessageBatch');
  const query = 'mutation ($jobId: ID!) { retryJob(input: { jobId: $jobId }) { job { version } } }';
  const url = await urlOf(server, 'server');
  const asked = fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { jobId: job.jobId } }),
  });
  const lost = asked.then(
    () => 'answered',
    () => 'lost',
  );
  await reached;
  await server.kill();
  expect(await lost).toBe('lost');
  expect(await stage.watch(job.jobId).done).toMatchObject({ status: 'FAILED_FINAL', version: 6 });
  expect(checkHistory(await stage.history())).toEqual([]);
});
