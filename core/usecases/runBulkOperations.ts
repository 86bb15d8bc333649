/**
 * Works on bulk operations, page by page: a page is written, its jobs are processed, the results are written. Any number of
 * processes do this at once, and may be killed anywhere.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonic, type ServiceTime } from '../clock.ts';
import type { Job } from '../job.ts';
import { dueRank } from '../place.ts';
import { bulkDraft, bulkKind, bulkPlace, isOver, type BulkOperation, type KnownOperation } from './bulkOperations.ts';
import { actOnPage, nextPage, type BulkPage, type PageOutcome } from './bulkPage.ts';
import type { Core } from './core.ts';
import { tellOfBulk } from './watchBulkOperation.ts';

export interface BulkRun {
  /** In milliseconds: no page is begun later. */
  readonly forMs: number;
  /** No page is begun after this fires either. */
  readonly signal?: AbortSignal | undefined;
  /** Waits between pages. */
  readonly wait?: typeof waited;
}

/** Operations that one process works on at once; the others get their turn after a time slice. */
const atOnce = 10;
const sliceMs = 5000;
/** An operation that is due this soon is waited for. */
const soonMs = 2000;
/** Longer than a page takes; after that another process assumes that the holder is gone. */
const leaseMs = 30_000;

/**
 * An operation that cannot continue does not stop the others, and is tried again when its lease has ended. @throws {JobError}
 * `TABLE_UNAVAILABLE`.
 */
export async function runBulkOperations(core: Core, { forMs, signal, wait = waited }: BulkRun): Promise<void> {
  const until = monotonic() + forMs;
  for (;;) {
    const { low } = await core.table.time();
    const { rows } = await core.table.entries.listKeys(bulkKind, { place: bulkPlace, below: dueRank(low + soonMs), limit: atOnce });
    const slice = { core, holder: core.newJobId(), until: Math.min(until, monotonic() + sliceMs), signal, wait };
    const worked = await Promise.all(
      rows.map(({ key }) =>
        workOn(slice, key).catch((error: unknown) => {
          core.log.warn({ error, operationId: key }, 'a bulk operation cannot continue; it will be tried again');
          return false;
        }),
      ),
    );
    if (signal?.aborted === true || monotonic() >= until || !worked.includes(true)) return;
  }
}

/** The time slice of one process for an operation. */
interface Slice {
  readonly core: Core;
  readonly holder: string;
  /** On the monotonic clock. */
  readonly until: number;
  readonly signal: AbortSignal | undefined;
  readonly wait: typeof waited;
}

/** Whether it was this process’s turn. */
async function workOn(slice: Slice, operationId: string): Promise<boolean> {
  const { table } = slice.core;
  const found = await table.entries.get(bulkKind, operationId);
  if (found === undefined || isOver(found.value) || (found.value.lease?.until ?? 0) > (await table.time()).low) return false;
  let entry = await write(slice, found, begun);
  if (entry === undefined) return false;
  while (entry !== undefined && !isOver(entry.value)) {
    if (!(await isReached(slice, entry.value.nextAt))) {
      await write(slice, entry, (operation) => operation, { isLast: true });
      return true;
    }
    entry = await turnPage(slice, entry);
  }
  return true;
}

/** One page, from finding its jobs to writing the results. Undefined: the operation has ended, or another process has it. */
async function turnPage(slice: Slice, entry: KnownOperation): Promise<KnownOperation | undefined> {
  const { core } = slice;
  let held: KnownOperation | undefined = entry;
  let seen: readonly Job[] | undefined;
  if (entry.value.page === undefined) {
    const page = await nextPage(core, entry.value);
    seen = page.jobs;
    held = await write(slice, entry, (operation) => (operation.beyond === entry.value.beyond ? withPage(operation, page) : operation));
  }
  if (held?.value.page === undefined) return held;
  const outcome = await actOnPage(core, held.value, seen);
  const { low } = await core.table.time();
  const { action } = held.value;
  const acted = await write(slice, held, (operation) => (operation.page === undefined ? operation : withOutcome(operation, outcome, low)));
  if (acted === undefined) return undefined;
  for (const told of ['done', 'skipped', 'failed'] as const) {
    if (outcome[told] > 0) core.telemetry.count('bulkJobs', { action, outcome: told }, outcome[told]);
  }
  return acted;
}

/**
 * Conditional: no other process has taken the operation over meanwhile. A request to end it does not prevent the write. So a change
 * may be made twice, and one whose answer was lost may have been made: it leaves alone what is done already.
 */
async function write(
  { core, holder }: Slice,
  known: KnownOperation,
  change: (operation: BulkOperation, now: ServiceTime) => BulkOperation,
  { isLast = false } = {},
): Promise<KnownOperation | undefined> {
  for (let entry = known; ;) {
    const now = await core.table.time();
    const changed = ended(change(entry.value, now), now);
    const lease = isLast || isOver(changed) ? undefined : { holder, until: now.high + leaseMs };
    const isTold = told(changed) !== told(entry.value);
    const next = { ...changed, lease, version: entry.value.version + (isTold ? 1 : 0) };
    const written = await core.table.entries.replace(bulkKind, entry, bulkDraft(core, next, now.at));
    if (written.ok && isTold) tell(core, next);
    if (written.ok) return written.entry;
    if (written.entry === undefined || isOver(written.entry.value) || written.entry.value.lease?.holder !== holder) return undefined;
    entry = written.entry;
  }
}

function tell({ feed, log }: Pick<Core, 'feed' | 'log'>, operation: BulkOperation): void {
  tellOfBulk(feed, operation);
  if (!isOver(operation)) return;
  const { operationId, action, status, isDryRun, matched, done, skipped, failed } = operation;
  log.info({ operationId, action, status, isDryRun, matched, done, skipped, failed }, 'a bulk operation is over');
}

/** The data that watchers see. */
function told({ status, matched, done, skipped, failed }: BulkOperation): string {
  return JSON.stringify([status, matched, done, skipped, failed]);
}

function begun(operation: BulkOperation, { at }: ServiceTime): BulkOperation {
  if (operation.status !== 'PENDING') return operation;
  return { ...operation, status: 'RUNNING', startedAt: at, startedVersion: operation.version + 1 };
}

function withPage(operation: BulkOperation, { jobs, damaged, beyond, isAtEnd }: BulkPage): BulkOperation {
  const { isDryRun, matched, failed, errors } = operation;
  const page = jobs.map(({ jobId, version, generation }) => ({ jobId, version, generation }));
  return {
    ...operation,
    beyond,
    isAtEnd,
    page: isDryRun || page.length === 0 ? undefined : page,
    matched: matched + jobs.length + damaged,
    failed: failed + damaged,
    errors: damaged === 0 ? errors : summed(errors, { INTERNAL_SERVER_ERROR: damaged }),
  };
}

/** Counted from the end of the page, so that no second sees more than the limit. */
function withOutcome(operation: BulkOperation, outcome: PageOutcome, now: number): BulkOperation {
  const { page = [], maxPerSecond, done, skipped, failed, errors } = operation;
  return {
    ...operation,
    page: undefined,
    done: done + outcome.done,
    skipped: skipped + outcome.skipped,
    failed: failed + outcome.failed,
    errors: summed(errors, outcome.errors),
    nextAt: now + Math.ceil((1000 * page.length) / maxPerSecond),
  };
}

function summed(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries([...Object.keys(one), ...Object.keys(other)].map((code) => [code, (one[code] ?? 0) + (other[code] ?? 0)]));
}

/** Where nothing is left to do. */
function ended(operation: BulkOperation, { at }: ServiceTime): BulkOperation {
  const { status, page, isAtEnd, abortedAt } = operation;
  if (status === 'PENDING' || page !== undefined || (!isAtEnd && abortedAt === undefined)) return operation;
  return { ...operation, status: abortedAt === undefined ? 'COMPLETED' : 'ABORTED', finishedAt: at };
}

/** Waits for that moment; false where the slice ends before. */
async function isReached({ core, until, signal, wait }: Slice, at: number): Promise<boolean> {
  const waitMs = at - (await core.table.time()).low;
  if (signal?.aborted === true || monotonic() + Math.max(0, waitMs) >= until) return false;
  return waitMs <= 0 || wait(waitMs, signal);
}

/** False where the signal fired. */
function waited(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false);
}
