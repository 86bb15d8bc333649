/** The record of a job that is handed in: the request is checked, and written once; the caller sends its message. */
import canonicalize from 'canonicalize';
import type { ServiceTime } from '../clock.ts';
import { JobError } from '../errors.ts';
import { publishLatest } from '../feed/feed.ts';
import {
  isTag,
  maxDelaySeconds,
  maxIdempotencyKeyLength,
  maxLosses,
  maxParamsBytes,
  maxTagLength,
  maxTags,
  type Job,
  type JobPriority,
  type JsonValue,
} from '../job.ts';
import type { JobType } from '../jobType.ts';
import { badInput, requireText } from '../text.ts';
import { limitKeysOf } from '../typeLimits.ts';
import { maxFailuresOf } from './budget.ts';
import { checkObjects } from './checkObjects.ts';
import type { Core } from './core.ts';
import { startAt, type Start } from './startTime.ts';
import { tellWebhooksSoon } from './tellWebhooks.ts';
import { mayHaveWebhooks } from './webhookOwners.ts';
import type { TransitionDeps } from './transitionJob.ts';

export interface CreateJobRequest {
  readonly owner: string;
  readonly type: string;
  /** Not checked yet: as the client sent it. */
  readonly params: JsonValue | undefined;
  readonly priority: JobPriority;
  readonly idempotencyKey?: string | undefined;
  /** At most five; a repeated one counts once. */
  readonly tags?: readonly string[] | undefined;
  /** 0 to 900. */
  readonly delaySeconds: number;
  /** Milliseconds since the epoch, up to 365 days ahead; instead of a delay. */
  readonly runAt?: number | undefined;
  readonly traceId: string;
}

export interface CreatedJob {
  readonly job: Job;
  /** False when the idempotency key already had its job. */
  readonly created: boolean;
}

/** The checks before anything is written. @throws {JobError} `UNKNOWN_JOB_TYPE`, `BAD_USER_INPUT`. */
export function checkedRequest(
  core: Pick<Core, 'jobTypes'> & { readonly settings: Pick<Core['settings'], 'objectAccess' | 'attemptsPerReceive' | 'maxReceiveCount'> },
  request: CreateJobRequest,
): Omit<Checked, 'jobId' | 'now'> {
  checkLimits(request);
  const type = typeOf(core, request.type);
  const params = checkedParams(type, request.params);
  checkObjects(core.settings.objectAccess, request.owner, type, params);
  return {
    params,
    maxFailures: maxFailuresOf(core, type),
    ...limitKeysOf(type, params, request.owner),
  };
}

/** The type's values for a job, found when its params were checked. */
export type TypeFacts = Pick<Job, 'maxFailures' | 'concurrencyKey' | 'rateKey'>;

/**
 * The job of an id that is known beforehand, without its message: a repeated call finds it there. `facts` stand in for a type
 * that this process does not know: its worker checks the params. @throws as `createJob`.
 */
export async function recordJob(
  core: Core,
  request: Omit<CreateJobRequest, 'idempotencyKey'>,
  jobId: string,
  facts?: TypeFacts,
): Promise<CreatedJob> {
  const isKnown = facts === undefined || core.jobTypes.find(request.type) !== undefined;
  const checked = isKnown ? checkedRequest(core, request) : { params: request.params ?? {}, ...facts };
  return record(core, draftOf(request, { jobId, ...checked, now: await core.table.time() }));
}

/** What becomes of params whose record is never written, see `keepPayload`. `onAsked`: the table has been asked to write it. */
export async function record(core: Core, draft: Draft, onAsked?: () => void): Promise<CreatedJob> {
  const { jobId, params: value } = draft;
  // The record is kept for some time after its end, which comes after its start.
  const now = Math.max(draft.createdAt, draft.dueAt ?? 0);
  return put(core, { ...draft, params: await core.table.keepPayload({ jobId, kind: 'params', value, now }) }, onAsked);
}

/** For a job whose params are stored already. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function put(core: TransitionDeps, draft: Omit<Job, 'writeId'>, onAsked?: () => void): Promise<CreatedJob> {
  const { jobId } = draft;
  const webhookVersion = (await mayHaveWebhooks(core, draft.owner)) ? 0 : undefined;
  const creating = core.table.create({ ...draft, webhookVersion });
  onAsked?.();
  const { ok, job } = await creating;
  if (job === undefined) throw new JobError('TABLE_UNAVAILABLE', { jobId });
  if (!ok) return { job, created: false };
  // Nobody has the ticket yet: only watchers of all of an owner's jobs get this event.
  void publishLatest(core.feed, job);
  tellWebhooksSoon(core, job);
  core.telemetry.count('jobsCreated', { type: job.type, priority: job.priority });
  return { job, created: true };
}

export type Draft = Omit<Job, 'writeId' | 'params'> & { readonly params: JsonValue };

interface Checked extends Pick<Job, 'concurrencyKey' | 'rateKey'> {
  readonly jobId: string;
  readonly params: JsonValue;
  readonly maxFailures: number;
  readonly now: ServiceTime;
}

type DraftRequest = Omit<CreateJobRequest, 'params'>;

export function draftOf(request: DraftRequest, { now, ...checked }: Checked): Draft {
  const { type, priority, owner, idempotencyKey, traceId } = request;
  return {
    owner,
    type,
    priority,
    ...checked,
    idempotencyKey,
    tags: tagsOf(request),
    status: 'PENDING',
    version: 1,
    generation: 1,
    attempts: 0,
    failures: 0,
    losses: 0,
    maxLosses,
    ...startOf(request, now),
    cancelRequested: false,
    history: [{ version: 1, status: 'PENDING', at: now.at, attempt: 0 }],
    traceId,
    createdAt: now.at,
    updatedAt: now.at,
    sweeps: 0,
  };
}

/** Without a delay it is due, whatever the bounds of the time are. */
function startOf({ delaySeconds, runAt }: DraftRequest, now: ServiceTime): Start {
  if (runAt !== undefined) return startAt(runAt, now);
  return delaySeconds === 0 ? {} : { dueAt: now.high + delaySeconds * 1000 };
}

export function checkLimits({ owner, type, params, idempotencyKey, tags = [], delaySeconds, runAt }: CreateJobRequest): void {
  for (const [field, text] of Object.entries({ owner, type, idempotencyKey })) if (text !== undefined) requireText(text, [field]);
  if (idempotencyKey !== undefined && (idempotencyKey.length === 0 || idempotencyKey.length > maxIdempotencyKeyLength)) {
    throw new JobError('BAD_USER_INPUT', {
      message: `An idempotency key has 1 to ${maxIdempotencyKeyLength} characters.`,
      path: ['idempotencyKey'],
    });
  }
  if (tags.length > maxTags) throw badInput(`has at most ${maxTags} tags`, ['tags']);
  for (const [index, tag] of tags.entries()) {
    requireText(tag, ['tags', index]);
    if (!isTag(tag)) throw badInput(`has 1 to ${maxTagLength} characters`, ['tags', index]);
  }
  if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > maxDelaySeconds) {
    throw new JobError('BAD_USER_INPUT', { message: `delaySeconds is 0 to ${maxDelaySeconds}.`, path: ['delaySeconds'] });
  }
  if (runAt !== undefined && !Number.isSafeInteger(runAt)) throw badInput('is no moment', ['runAt']);
  if (runAt !== undefined && delaySeconds > 0) {
    throw new JobError('BAD_USER_INPUT', { message: 'runAt and delaySeconds exclude each other: send one of them.', path: ['runAt'] });
  }
  if (params === undefined) return;
  const json = JSON.stringify(params);
  if (Buffer.byteLength(json) > maxParamsBytes) {
    throw new JobError('BAD_USER_INPUT', { message: `params have at most ${maxParamsBytes} bytes as JSON.`, path: ['params'] });
  }
  // Half a surrogate pair is written as an escape.
  if (json.includes(String.raw`\ud`)) canonicalJson(params);
}

/** Undefined for none, so that a job without tags has the same record as before tags existed. */
export function tagsOf({ tags = [] }: Pick<CreateJobRequest, 'tags'>): readonly string[] | undefined {
  return tags.length === 0 ? undefined : [...new Set(tags)];
}

export function typeOf({ jobTypes }: Pick<Core, 'jobTypes'>, name: string): JobType {
  const type = jobTypes.find(name);
  if (type !== undefined) return type;
  throw new JobError('UNKNOWN_JOB_TYPE', {
    message: `There is no job type of that name. There are: ${jobTypes.all.map((known) => known.name).join(', ')}.`,
    path: ['type'],
  });
}

/** The params with their defaults. */
function checkedParams(type: JobType, params: JsonValue | undefined): JsonValue {
  const parsed = type.params.safeParse(params ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = ['params', ...(issue?.path ?? []).map((key) => (typeof key === 'symbol' ? String(key) : key))];
  throw new JobError('BAD_USER_INPUT', { message: `${path.join('.')}: ${issue?.message ?? 'not valid'}`, path });
}

/** @throws {JobError} `BAD_USER_INPUT` for half a surrogate pair, which has no canonical form. */
export function canonicalJson(payload: unknown): string {
  try {
    return canonicalize(payload) ?? '';
  } catch (error) {
    throw new JobError('BAD_USER_INPUT', { message: 'params hold text that is not Unicode.', path: ['params'] }, { cause: error });
  }
}
