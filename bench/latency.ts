/** The time from a write that DynamoDB has committed until a watcher has read it, compared with bare ws + ioredis after the same write. */
import { exactly } from '../core/clock.ts';
import { z } from 'zod';
import type { Job } from '../core/job.ts';
import { transitionJob } from '../core/usecases/transitionJob.ts';
import type { Report } from './support/report.ts';
import { openStage, type Stage } from './support/stage.ts';
import { machineMs, median, medianRatio, quantile } from './support/statistics.ts';
import { createWaitingJobs, openPublisher, openSubject, type Publisher, type Subject, type SubjectName } from './support/subjects.ts';

interface Case {
  readonly what: string;
  readonly jobs: number;
  readonly watchersOfEach: number;
  /** The number for each job. */
  readonly transitions: number;
}

const cases: readonly Case[] = [
  { what: '200 jobs, one watcher of each', jobs: 200, watchersOfEach: 1, transitions: 12 },
  { what: '1,000 watchers of one job, until each has it', jobs: 1, watchersOfEach: 1000, transitions: 40 },
];

/** The number in each round: one transition of each job. */
type Latencies = Readonly<Record<SubjectName, readonly (readonly number[])[]>>;

export async function latency(): Promise<Report> {
  await using stage = await openStage();
  const results: (readonly [Case, Latencies])[] = [];
  for (const one of cases) results.push([one, await measure(stage, one)]);
  const at = (share: number, rounds: readonly (readonly number[])[]): readonly number[] => rounds.map((round) => quantile(round, share));
  const ratio = (share: number, { ours, floor }: Latencies): number => medianRatio(at(share, ours), at(share, floor));
  return {
    title: 'Latency from the committed write to the client',
    method:
      'A transition is written to the table and then published; the clock runs from the moment the write was answered until the client has read the message. One transition at a time, alternating between the servers; p50 and p99 of each round (one transition of each job), of which the medians. Milliseconds.',
    columns: [
      'watchers',
      'ours p50',
      'floor p50',
      'usual p50',
      'ours p99',
      'floor p99',
      'usual p99',
      'ours ÷ floor, p50',
      'ours ÷ floor, p99',
      'p99 of all rounds together',
    ],
    rows: results.map(([{ what }, latencies]) => [
      what,
      ...[0.5, 0.99].flatMap((share) => names.map((name) => median(at(share, latencies[name])))),
      ...[0.5, 0.99].map((share) => ratio(share, latencies)),
      quantile(latencies.ours.flat(), 0.99) / quantile(latencies.floor.flat(), 0.99),
    ]),
    promises: results.map(([{ what }, latencies]) => ({
      promise: `p99 ≤ 1.1 × the floor’s (${what})`,
      measured: ratio(0.99, latencies),
      limit: { atMost: 1.1 },
    })),
  };
}

const names = ['ours', 'floor', 'usual'] as const satisfies readonly SubjectName[];

async function measure(stage: Stage, { jobs: jobCount, watchersOfEach, transitions }: Case): Promise<Latencies> {
  await using opening = new AsyncDisposableStack();
  const publisher = opening.adopt(openPublisher(stage), ({ close }) => close());
  const results: Record<SubjectName, number[][]> = { ours: [], floor: [], usual: [] };
  const prepared: { readonly subject: Subject; jobs: readonly Job[] }[] = [];
  for (const name of names) {
    const subject = opening.use(await openSubject(name, stage));
    const jobs = await createWaitingJobs(stage, jobCount);
    const jobIds = jobs.map(({ jobId }) => jobId);
    await subject.connect(jobIds, jobCount * watchersOfEach);
    prepared.push({ subject, jobs });
  }
  for (let transition = 0; transition < transitions; transition += 1) {
    // The very first transition warms up.
    if (transition > 0) for (const name of names) results[name].push([]);
    for (let index = 0; index < jobCount; index += 1) {
      // The one after the usual way finds the server still cleaning up after it, so the order rotates.
      const first = (index + transition) % prepared.length;
      for (const one of [...prepared.slice(first), ...prepared.slice(0, first)]) {
        const { subject, jobs } = one;
        const job = jobs[index];
        if (job === undefined) throw new RangeError('a job is missing');
        const { next, latencies } = await step(stage, publisher, subject, job, watchersOfEach);
        one.jobs = jobs.with(index, next);
        results[subject.name].at(-1)?.push(...latencies);
      }
    }
  }
  return results;
}

/** The job's next transition, published in the subject's own way. */
async function step({ core }: Stage, publisher: Publisher, { name, clients, textOf }: Subject, job: Job, watchers: number) {
  await clients.ask(z.undefined(), 'start', { keepsArrivals: true });
  const reached = clients.ask(z.object({}), 'reached', { total: watchers });
  let publishedAt = 0;
  const feed = {
    ...core.feed,
    publish(event: Parameters<typeof core.feed.publish>[0]) {
      publishedAt = machineMs();
      if (name === 'ours') return core.feed.publish(event);
      publisher.publish(event.jobId, textOf(event));
      return Promise.resolve(true);
    },
  };
  const now = Date.now();
  const result =
    job.status === 'PENDING'
      ? await transitionJob({ ...core, feed }, 'claim', job, {
          facts: { now: exactly(now) },
          changes: { claim: { id: 'bench', expiresAt: now + 600_000 } },
        })
      : await transitionJob({ ...core, feed }, 'release', job, {
          facts: { now: exactly(now), claimId: 'bench' },
        });
  if (!result.ok) throw new Error('the bench’s own transition was lost');
  await reached;
  const arrivals = await clients.ask(z.array(z.number()), 'arrivals');
  return { next: result.job, latencies: arrivals.map((at) => at - publishedAt) };
}
