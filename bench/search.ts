/** The cost of a page of a search: read units on DynamoDB, milliseconds on the embedded table, where one owner has 100,000 jobs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../core/clock.ts';
import type { Job, JobStatus } from '../core/job.ts';
import { openSqliteTable } from '../core/table/sqlite/table.ts';
import type { JobsFilter } from '../core/usecases/jobsFilter.ts';
import { countJobs, listJobs } from '../core/usecases/listJobs.ts';
import { fillSearchedJobs } from '../test/support/fillSearchedJobs.ts';
import { makeJob } from '../test/support/jobFactory.ts';
import { concurrently } from './support/concurrently.ts';
import { openCountedStage } from './support/countedStage.ts';
import type { Report } from './support/report.ts';

const owner = 'owner-1';
const jobs = { dynamodb: 2000, embedded: 100_000 };
const pageSize = 20;
/** One in so many jobs has failed, and has the rare tag. */
const rare = 100;

const failed: readonly JobStatus[] = ['FAILED', 'FAILED_FINAL'];
const filters: Readonly<Record<string, { readonly filter: JobsFilter; readonly owner?: undefined }>> = {
  none: { filter: {} },
  'a tag of all': { filter: { tags: ['all'] } },
  'a rare tag': { filter: { tags: ['rare'] } },
  'two tags': { filter: { tags: ['all', 'rare'] } },
  'a tag and a type': { filter: { tags: ['rare'], type: ['one_half'] } },
  'half of all, by type': { filter: { type: ['one_half'] } },
  'the failed': { filter: { status: failed } },
  'a tag of all, the failed': { filter: { tags: ['all'], status: failed } },
  'an error code': { filter: { errorCode: 'TIMEOUT' } },
  'an error code and a type': { filter: { errorCode: 'TIMEOUT', type: ['one_half'] } },
  'the cancelled, of which there are none': { filter: { status: ['CANCELLED'] } },
  'what runs': { filter: { status: ['PROCESSING'] } },
  'the failed of all owners': { filter: { status: failed }, owner: undefined },
};

export async function search(): Promise<Report> {
  const units = await unitsOnDynamoDb();
  const times = await timesOnEmbedded();
  const rows = Object.keys(filters).map((name) => {
    const { read = Number.NaN, shown = 0, index = Number.NaN } = units.pages.get(name) ?? {};
    const { page = Number.NaN, count = Number.NaN } = times.get(name) ?? {};
    return { name, read, shown, index, page, count };
  });
  const looksThroughOthers = new Set(['half of all, by type', 'what runs']);
  const ofIndexes = rows.filter(({ name, shown }) => !looksThroughOthers.has(name) && shown > 0);
  return {
    title: 'What a search costs',
    method: `A first page of ${pageSize} of one owner’s jobs: of ${jobs.dynamodb.toLocaleString('en')} on DynamoDB Local, in units as it counts them, and of ${jobs.embedded.toLocaleString('en')} in a file of the embedded table, in milliseconds, the longest of five, with the count of all that match. One job in ${rare} failed and has the rare tag; all have another; half are of each type; none runs.`,
    columns: ['filter', 'shown', 'read units', 'of which index', 'embedded: page, ms', 'embedded: count, ms'],
    rows: rows.map(({ name, shown, read, index, page, count }) => [name, shown, read, index, page, count]),
    promises: [
      {
        promise: 'read units a shown job, by tags, errors, the failed, without a filter and of all owners’ failed ≤ 2',
        measured: Math.max(...ofIndexes.map(({ read, shown }) => read / shown)),
        limit: { atMost: 2 },
      },
      {
        promise: 'ms of the slowest first page, embedded ≤ 100',
        measured: Math.max(...rows.map(({ page }) => page)),
        limit: { atMost: 100 },
      },
      { promise: 'write units more of a job with one tag ≤ 2', measured: units.aTag, limit: { atMost: 2 } },
      { promise: 'write units more of a job that fails ≤ 2', measured: units.aFailure, limit: { atMost: 2 } },
    ],
  };
}

const statusOf = (index: number): JobStatus => (index % rare === 0 ? 'FAILED_FINAL' : 'SUCCEEDED');

function jobOf(index: number): Job {
  const isRare = index % rare === 0;
  const status = statusOf(index);
  return makeJob({
    owner,
    type: index % 2 === 0 ? 'one_half' : 'other_half',
    tags: isRare ? ['all', 'rare'] : ['all'],
    status,
    ...(isRare ? { error: { code: index % (2 * rare) === 0 ? 'TIMEOUT' : 'PERMANENT', message: 'x', attempt: 1, at: 0 } } : {}),
    finishedAt: Date.now(),
    expiresAt: 4_000_000_000,
  });
}

async function unitsOnDynamoDb() {
  await using stage = await openCountedStage({});
  const { core, spent, reset } = stage;
  const total = (amounts: ReadonlyMap<string, number>): number => [...amounts.values()].reduce((sum, amount) => sum + amount, 0);
  const written = async (job: Job): Promise<number> => {
    reset();
    await core.table.create(job);
    return total(spent.writeUnits);
  };
  const plain = await written({ ...jobOf(1), tags: undefined });
  const aTag = (await written(jobOf(1))) - plain;
  const aFailure = (await written(makeJob({ ...jobOf(0), jobId: makeJob().jobId, tags: undefined }))) - plain;
  let index = 0;
  await concurrently(jobs.dynamodb, 16, async () => {
    await core.table.create(jobOf((index += 1)));
  });
  const pages = new Map<string, { readonly shown: number; readonly read: number; readonly index: number }>();
  for (const [name, whose] of Object.entries(filters)) {
    reset();
    const { edges } = await listJobs(core, { owner, ...whose, first: pageSize });
    pages.set(name, { shown: edges.length, read: total(spent.readUnits), index: spent.readUnits.get('index') ?? 0 });
  }
  return { pages, aTag, aFailure };
}

async function timesOnEmbedded() {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-search-'));
  await using closing = new AsyncDisposableStack();
  closing.defer(() => rm(folder, { recursive: true }));
  const file = join(folder, 'jobs.sqlite');
  fillSearchedJobs({ file, jobs: jobs.embedded, jobOf });
  const table = closing.adopt(await openSqliteTable({ file, jobTtlDays: 30, clock: systemClock }), ({ close }) => close());
  const times = new Map<string, { readonly page: number; readonly count: number }>();
  for (const [name, whose] of Object.entries(filters)) {
    times.set(name, {
      page: await longest(() => listJobs({ table }, { owner, ...whose, first: pageSize })),
      count: await longest(() => countJobs({ table }, { owner, ...whose })),
    });
  }
  return times;
}

async function longest(ask: () => Promise<unknown>): Promise<number> {
  let most = 0;
  for (let time = 0; time < 5; time += 1) {
    const began = performance.now();
    await ask();
    most = Math.max(most, performance.now() - began);
  }
  return most;
}
