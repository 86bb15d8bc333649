/**
 * One key, one job: the shipped `createJob`, called by several clients with one key, in every order in which their requests to
 * table and queue can take effect, with requests and answers that are lost and servers that die between any two.
 */
import { expect, test } from 'vitest';
import { exactly } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import type { JobTable } from '../../core/table/jobTable.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { createMemoryTable } from '../simulation/memoryTable.ts';
import { simulatedCore } from '../simulation/simulatedCore.ts';
import { sendOnlyQueues } from '../support/sendOnlyQueues.ts';

type Luck = 'fine' | 'lost' | 'unanswered' | 'dies';

interface Setting {
  readonly creators: number;
  /** How many requests may go wrong. */
  readonly faults: number;
  /** Ways to break it on purpose. */
  readonly ignoresTheLock?: boolean;
}

interface Client {
  readonly answers: string[];
  isDone: boolean;
  /** The request that waits for its turn. */
  waiting: ((luck: Luck) => void) | undefined;
}

/** One run with these choices; returns how many there were at each choice, for the next run. */
async function runOnce(
  { creators, faults, ignoresTheLock }: Setting,
  choices: readonly number[],
): Promise<{ readonly widths: number[]; readonly wrong: string | undefined }> {
  const clients = Array.from({ length: creators }, (): Client => ({ answers: [], isDone: false, waiting: undefined }));
  const sent: string[] = [];
  const table = createMemoryTable({ time: () => exactly(1_000_000), now: () => 1_000_000, onWrite: () => undefined });

  async function turn<Answer>(client: Client, effect: () => Promise<Answer>): Promise<Answer> {
    const luck = await new Promise<Luck>((resolve) => (client.waiting = resolve));
    if (luck === 'dies') return new Promise<never>(() => undefined);
    if (luck === 'lost') throw new JobError('TABLE_UNAVAILABLE');
    const answer = await effect();
    if (luck === 'unanswered') throw new JobError('TABLE_UNAVAILABLE');
    return answer;
  }

  async function create(client: Client, number: number): Promise<void> {
    const own: JobTable = {
      ...table,
      lock: async (...args) => {
        const answer = await turn(client, () => table.lock(...args));
        return ignoresTheLock === true ? { ...answer, taken: true } : answer;
      },
      get: (jobId) => turn(client, () => table.get(jobId)),
      create: (job) => turn(client, () => table.create(job)),
    };
    let tries = 0;
    const core = simulatedCore({
      table: own,
      clock: { now: () => 1_000_000 },
      newJobId: () => `job-${number}-${(tries += 1)}`,
      queues: sendOnlyQueues((_priority, { jobId }) => turn(client, () => Promise.resolve(void sent.push(jobId)))),
    });
    for (;;) {
      try {
        const request = {
          owner: 'owner',
          type: 'simulate_work',
          params: {},
          priority: 'NORMAL',
          delaySeconds: 0,
          traceId: '',
          idempotencyKey: 'key',
        } as const;
        const { job, created } = await createJob(core, request);
        client.answers.push(`${job.jobId}${created ? ' created' : ''}`);
        break;
      } catch (error) {
        if (!(error instanceof JobError)) throw error;
        // A client that was given the id need not try again; one without an answer does.
        if (error.details.jobId !== undefined) break;
      }
    }
    client.isDone = true;
  }

  const runs = clients.map((client, number) => create(client, number));
  const widths: number[] = [];
  let left = faults;
  for (let step = 0; ; step += 1) {
    await settled();
    const ready = clients.filter(({ waiting }) => waiting !== undefined);
    if (ready.length === 0) break;
    const lucks: readonly Luck[] = left > 0 ? ['fine', 'lost', 'unanswered', 'dies'] : ['fine'];
    widths.push(ready.length * lucks.length);
    const choice = choices[step] ?? 0;
    const client = ready[Math.floor(choice / lucks.length)];
    const luck = lucks[choice % lucks.length] ?? 'fine';
    if (luck !== 'fine') left -= 1;
    const go = client?.waiting;
    if (client !== undefined) client.waiting = undefined;
    go?.(luck);
  }
  void runs;
  const created = clients.flatMap(({ answers }) => answers.filter((answer) => answer.endsWith(' created')));
  const named = new Set(clients.flatMap(({ answers }) => answers.map((answer) => answer.split(' ')[0])));
  const wrong =
    table.jobs.size > 1
      ? `${table.jobs.size} jobs of one key`
      : named.size > 1
        ? `the clients were told ${[...named].join(' and ')}`
        : created.length > 1
          ? `${created.length} were told that they created it`
          : [...named].some((jobId) => jobId !== undefined && !table.jobs.has(jobId))
            ? 'a client got the id of a job that does not exist'
            : undefined;
  return { widths, wrong };
}

/** Until every promise that can go on has. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 24; turn += 1) await Promise.resolve();
}

/** All runs, each choice in turn; stops at the first wrong one. */
async function everyRun(setting: Setting): Promise<{ readonly runs: number; readonly wrong: string | undefined }> {
  let choices: number[] = [];
  for (let runs = 1; ; runs += 1) {
    const { widths, wrong } = await runOnce(setting, choices);
    if (wrong !== undefined) return { runs, wrong: `${wrong}, after the choices ${choices.join()}` };
    const next = widths.map((_, step) => choices[step] ?? 0);
    while (next.length > 0 && (next.at(-1) ?? 0) + 1 >= (widths[next.length - 1] ?? 0)) next.pop();
    if (next.length === 0) return { runs, wrong: undefined };
    next[next.length - 1] = (next.at(-1) ?? 0) + 1;
    choices = next;
  }
}

test.for([
  { creators: 2, faults: 0 },
  { creators: 3, faults: 0 },
  { creators: 2, faults: 1 },
  { creators: 2, faults: 2 },
  ...(process.env['FAULTS'] === 'long' ? [{ creators: 3, faults: 1 }] : []),
])('$creators clients with one key get one job, whatever of $faults requests is lost', { timeout: 600_000 }, async (setting) => {
  const { runs, wrong } = await everyRun(setting);
  process.stdout.write(`create: ${runs} runs, ${setting.creators} clients, ${setting.faults} faults\n`);
  expect(wrong).toBeUndefined();
});

test('a lock that is not heeded is found out', async () => {
  expect((await everyRun({ creators: 2, faults: 0, ignoresTheLock: true })).wrong).toMatch(/2 jobs of one key/);
});
