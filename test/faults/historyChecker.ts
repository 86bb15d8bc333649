/**
 * Decides whether a recorded run kept the promises. Pure: a history in, violations out.
 *
 * - I1 every accepted job ends in exactly one final state a generation
 * - I2 none is lost, and none is unfinished at the end (the run has waited for the stated bound)
 * - I3 every watcher saw each version once, in order, ending with the final one, or was told `recovered: false`; one of all
 *   of an owner's jobs saw each of them so from its beginning to its end, or was told `FEED_INTERRUPTED`
 * - I4 no write took effect without the claim it names
 * - I5 one idempotency key, one job
 * - I6 nothing reached a watcher that is not its owner's
 * - I7, I8, I9 of causes, due times and counters: see `keptItsBudget`
 * - I10 no watcher saw the progress of an attempt go back
 */
import { isFinal, type Job, type JobStatus } from '../../core/job.ts';
import { transitions } from '../../core/transitions.ts';
import { keptItsBudget } from './budgetChecker.ts';
import type { History, Invariant, OwnerWatcher, SeenEvent, Violation, Watcher, Write } from './history.ts';

export function checkHistory(history: History): readonly Violation[] {
  const table = new Map(history.table.map((job) => [job.jobId, job]));
  const writes = Map.groupBy(history.writes ?? [], ({ jobId }) => jobId);
  return [
    ...history.table.flatMap(stepsAreOfTheTable),
    ...Array.from(writes, ([jobId, ofJob]) => [
      ...endedOnce(jobId, ofJob),
      ...heldTheClaim(jobId, ofJob),
      ...keptItsBudget(jobId, ofJob, table.get(jobId)),
    ]).flat(),
    ...(history.writes === undefined ? [] : history.table.flatMap((job) => wereSeenWritten(job, writes.get(job.jobId) ?? []))),
    ...noneIsLostOrStuck(history, table),
    ...history.watchers.flatMap((watcher) => sawAll(watcher, table.get(watcher.jobId))),
    ...(history.ownerWatchers ?? []).flatMap((watcher) => sawAllOfOwner(watcher, history.table)),
    ...oneKeyOneJob(history),
    ...history.watchers.flatMap((watcher) => sawOnlyItsOwn(watcher, table)),
  ];
}

function violation(invariant: Invariant, jobId: string, what: string): Violation {
  return { invariant, jobId, what };
}

/** After a final state comes a retry or nothing, and versions have no hole. */
function stepsAreOfTheTable({ jobId, history, version, status }: Job): readonly Violation[] {
  const found: Violation[] = [];
  for (const [index, entry] of history.entries()) {
    const before = history[index - 1];
    if (before === undefined) continue;
    if (entry.version !== before.version + 1) found.push(violation('I1', jobId, `version ${entry.version} follows ${before.version}`));
    if (!isStep(before.status, entry.status)) found.push(violation('I1', jobId, `${before.status} became ${entry.status}`));
  }
  const last = history.at(-1);
  if (last?.version !== version || last.status !== status)
    found.push(violation('I1', jobId, 'the history does not end with the present state'));
  return found;
}

function isStep(from: JobStatus, to: JobStatus): boolean {
  return transitions.some((row) => (row.from as readonly JobStatus[]).includes(from) && row.to === to);
}

function endedOnce(jobId: string, writes: readonly Write[]): readonly Violation[] {
  const found: Violation[] = [];
  const seen = new Set<number>();
  const ends = new Map<number, JobStatus>();
  for (const { version, status, generation } of writes.filter(({ isTransition }) => isTransition)) {
    if (seen.has(version)) found.push(violation('I1', jobId, `version ${version} was written twice`));
    seen.add(version);
    if (!isFinal(status)) continue;
    const earlier = ends.get(generation);
    if (earlier !== undefined) found.push(violation('I1', jobId, `generation ${generation} ended ${earlier} and ${status}`));
    ends.set(generation, status);
  }
  return found;
}

function heldTheClaim(jobId: string, writes: readonly Write[]): readonly Violation[] {
  const holders = new Map(writes.filter(({ isTransition }) => isTransition).map(({ version, claimId }) => [version, claimId]));
  const found: Violation[] = [];
  for (const { version, fence, status, isTransition } of writes) {
    if (fence === undefined) continue;
    const holder = holders.get(isTransition ? version - 1 : version);
    if (holder === fence) continue;
    found.push(violation('I4', jobId, `${fence} wrote ${status} at version ${version} while ${holder ?? 'nobody'} held the claim`));
  }
  return found;
}

function wereSeenWritten({ jobId, history }: Job, writes: readonly Write[]): readonly Violation[] {
  const written = new Map(writes.filter(({ isTransition }) => isTransition).map(({ version, status }) => [version, status]));
  return history
    .filter(({ version, status }) => written.get(version) !== status)
    .map(({ version, status }) => violation('I4', jobId, `nobody was seen to write ${status} at version ${version}`));
}

function noneIsLostOrStuck({ accepted }: History, table: ReadonlyMap<string, Job>): readonly Violation[] {
  const missing = new Set(accepted.map(({ jobId }) => jobId).filter((jobId) => !table.has(jobId)));
  const stuck = Array.from(table.values()).filter(({ status }) => !isFinal(status));
  return [
    ...Array.from(missing, (jobId) => violation('I2', jobId, 'was accepted and is not in the table')),
    ...stuck.map(({ jobId, status, version }) => violation('I2', jobId, `is still ${status}, at version ${version}`)),
  ];
}

function sawAll({ jobId, events, end }: Watcher, job: Job | undefined): readonly Violation[] {
  const ofJob = events.filter((event) => event.jobId === jobId);
  const found = sawInOrder(jobId, ofJob, job);
  if (end === 'left') return found;
  if (end !== 'completed') return [...found, violation('I3', jobId, `a watcher ended with ${end.error}`)];
  const last = ofJob.at(-1);
  if (last !== undefined && isFinal(last.status)) return found;
  return [...found, violation('I3', jobId, 'a subscription completed before the job was final')];
}

function sawInOrder(jobId: string, events: readonly SeenEvent[], job: Job | undefined): readonly Violation[] {
  const found: Violation[] = [];
  const written = new Map(job?.history.map(({ version, status }) => [version, status]));
  let before: SeenEvent | undefined;
  for (const event of events) {
    const { version, status } = event;
    if (before !== undefined && version < before.version)
      found.push(violation('I3', jobId, `a watcher saw ${version} after ${before.version}`));
    if (before?.version === version && !isNews(before, event)) found.push(violation('I3', jobId, `a watcher saw version ${version} twice`));
    if (before !== undefined && wentBack(before, event)) {
      found.push(violation('I10', jobId, `a watcher saw progress ${event.progress} after ${before.progress}, at version ${version}`));
    }
    if (before !== undefined && version > before.version + 1 && event.recovered !== false) {
      found.push(violation('I3', jobId, `a watcher saw nothing between ${before.version} and ${version}, and was not told`));
    }
    const truth = written.get(version);
    if (truth !== undefined && truth !== status)
      found.push(violation('I3', jobId, `a watcher saw ${status} at version ${version}, which is ${truth}`));
    before = event;
  }
  return found;
}

function sawAllOfOwner(watcher: OwnerWatcher, table: readonly Job[]): readonly Violation[] {
  const { owner, events, end } = watcher;
  const jobs = new Map(table.map((job) => [job.jobId, job]));
  const found = [...Map.groupBy(events, ({ jobId }) => jobId)].flatMap(([jobId, ofJob]) => [
    ...sawInOrder(jobId, ofJob, jobs.get(jobId)),
    ...(jobs.get(jobId)?.owner === owner ? [] : [violation('I6', jobId, `reached a watcher of all jobs of ${owner}`)]),
  ]);
  if (end === 'interrupted') return found;
  if (end !== 'left') return [...found, violation('I3', '', `a watcher of all jobs of ${owner} ended with ${end.error}`)];
  return [...found, ...missedByOwner(watcher, table)];
}

/** What a watcher that was not interrupted has not received yet: all that was written since it began. */
export function missedByOwner({ owner, since, events }: Omit<OwnerWatcher, 'end'>, table: readonly Job[]): readonly Violation[] {
  const seen = new Set(events.map(({ jobId, version }) => `${jobId} ${version}`));
  return table
    .filter((job) => job.owner === owner)
    .flatMap(({ jobId, history }) => history.map((entry) => ({ jobId, ...entry })))
    .filter(({ jobId, version, at }) => at > since && !seen.has(`${jobId} ${version}`))
    .map(({ jobId, version, status }) =>
      violation('I3', jobId, `a watcher of all jobs missed ${status} at version ${version}, and was not told`),
    );
}

/** Progress and attempts come with a version that was seen already. */
function isNews(before: SeenEvent, event: SeenEvent): boolean {
  return before.status === event.status && (before.progress !== event.progress || before.attempt !== event.attempt);
}

function wentBack(before: SeenEvent, { version, attempt, progress }: SeenEvent): boolean {
  return version === before.version && attempt === before.attempt && typeof progress === 'number' && progress < (before.progress ?? 0);
}

function oneKeyOneJob({ accepted, table }: History): readonly Violation[] {
  const found: Violation[] = [];
  const keyed = [...accepted, ...table].filter(({ idempotencyKey }) => idempotencyKey !== undefined);
  for (const [key, jobs] of Map.groupBy(keyed, ({ owner, idempotencyKey }) => JSON.stringify([owner, idempotencyKey]))) {
    const ids = new Set(jobs.map(({ jobId }) => jobId));
    if (ids.size > 1) found.push(violation('I5', [...ids].join(', '), `one key, several jobs: ${key}`));
  }
  for (const [jobId, answers] of Map.groupBy(accepted, (answer) => answer.jobId)) {
    const times = answers.filter(({ created }) => created).length;
    if (times > 1) found.push(violation('I5', jobId, `${times} answers say that they created it`));
  }
  return found;
}

function sawOnlyItsOwn({ owner, jobId, events }: Watcher, table: ReadonlyMap<string, Job>): readonly Violation[] {
  return events
    .filter((event) => event.jobId !== jobId || (table.get(event.jobId)?.owner ?? owner) !== owner)
    .map((event) => violation('I6', event.jobId, `reached a watcher of ${owner}, of job ${jobId}`));
}
