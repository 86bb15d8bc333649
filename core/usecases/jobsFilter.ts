/** The filter of lists, counts and an owner's feed: checked and evaluated in one place. */
import { decodeTime, encodeTime } from 'ulid';
import { JobError } from '../errors.ts';
import type { JobFacts } from '../feed/event.ts';
import { isTag, maxTags, type JobFailure, type JobStatus } from '../job.ts';
import type { JobRange } from '../table/jobTable.ts';
import { requireText } from '../text.ts';
import { errorFingerprint } from './errorFingerprint.ts';

const idLength = 26;

/** A field that is absent matches all; an empty list of states or types matches nothing. */
export interface JobsFilter {
  readonly status?: readonly JobStatus[] | undefined;
  readonly type?: readonly string[] | undefined;
  /** A job must have all of these. */
  readonly tags?: readonly string[] | undefined;
  /** Milliseconds since the epoch: at this time or later. */
  readonly createdAfter?: number | undefined;
  /** Milliseconds since the epoch: before this time. */
  readonly createdBefore?: number | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly jobIdPrefix?: string | undefined;
  readonly errorCode?: string | undefined;
  /** See `errorFingerprint`. */
  readonly errorFingerprint?: string | undefined;
}

/** DynamoDB: an IN condition compares with at most 100 operands. */
const maxFilterValues = 50;

/** @throws {JobError} `BAD_USER_INPUT` for a filter that no index can be queried with. */
export function checkFilter(filter: JobsFilter): void {
  for (const [name, max] of [
    ['status', maxFilterValues],
    ['type', maxFilterValues],
    ['tags', maxTags],
  ] as const) {
    const list = filter[name];
    if (list !== undefined && list.length > max) throw badFilter(name, `At most ${max} values.`);
    for (const text of list ?? []) requireText(text, ['filter', name]);
  }
  const { idempotencyKey, jobIdPrefix, errorCode, errorFingerprint: fingerprint } = filter;
  for (const [name, text] of Object.entries({ idempotencyKey, jobIdPrefix, errorCode, errorFingerprint: fingerprint })) {
    if (text !== undefined) requireText(text, ['filter', name]);
  }
}

/** Whether no job can match at all: then no index is asked for keys that are too long for it. */
export function matchesNothing(filter: JobsFilter): boolean {
  const { status, type, tags = [], jobIdPrefix = '' } = filter;
  const { from = '', below = '~' } = rangeOf(filter);
  const isEmpty = status?.length === 0 || type?.length === 0 || from >= below;
  return isEmpty || jobIdPrefix.length > idLength || !tags.every(isTag);
}

/** Ids begin with the time of creation, so a range of times is a range of ids, as a prefix is. */
export function rangeOf({ createdAfter, createdBefore, jobIdPrefix = '' }: JobsFilter): JobRange {
  const prefix = jobIdPrefix.toUpperCase();
  const froms = [createdAfter === undefined ? '' : firstIdOf(createdAfter), prefix];
  const belows = [createdBefore === undefined ? '~' : firstIdOf(createdBefore), prefix === '' ? '~' : `${prefix}~`];
  const [from, below] = [froms.toSorted().at(-1), belows.toSorted()[0]];
  return { from: from === '' ? undefined : from, below: below === '~' ? undefined : below };
}

/** The record decides: indexes lag, and do not have all fields. */
export function matches(
  filter: JobsFilter,
  job: JobFacts & { readonly jobId: string; readonly status: JobStatus; readonly error?: Pick<JobFailure, 'code' | 'message'> | undefined },
): boolean {
  const { status, type, tags = [], idempotencyKey, errorCode, errorFingerprint: fingerprint } = filter;
  const { from = '', below = '~' } = rangeOf(filter);
  return (
    job.jobId >= from &&
    job.jobId < below &&
    (status === undefined || status.includes(job.status)) &&
    (type === undefined || type.includes(job.type)) &&
    tags.every((tag) => job.tags?.includes(tag) === true) &&
    (idempotencyKey === undefined || idempotencyKey === job.idempotencyKey) &&
    (errorCode === undefined || errorCode === job.error?.code) &&
    (fingerprint === undefined || (job.error !== undefined && fingerprint === errorFingerprint(job, job.error)))
  );
}

const lastTime = decodeTime(`7${'Z'.repeat(25)}`);

/** The lowest id of this millisecond. */
function firstIdOf(time: number): string {
  return time > lastTime ? '~' : encodeTime(Math.max(0, Math.ceil(time)), 10);
}

function badFilter(name: string, message: string): JobError {
  return new JobError('BAD_USER_INPUT', { message, path: ['filter', name] });
}
