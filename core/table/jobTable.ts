/**
 * The contract of the jobs' table: the only writer of job records, in every engine.
 *
 * Losing a conditional write is normal and is an answer, not an error: `{ ok: false, job }` with the record as it is. Every
 * write carries a writeId, so that a write whose answer was lost is told from a race that was lost. Errors: `TABLE_UNAVAILABLE`
 * when the table does not answer.
 */
import type { ServiceTime } from '../clock.ts';
import type {
  ApartPayload,
  Cause,
  Claim,
  FinalStatus,
  HistoryEntry,
  Job,
  JobFailure,
  JobParent,
  JobStatus,
  JsonValue,
  Payload,
} from '../job.ts';
import type { JobPlaceName, RankRange } from '../place.ts';
import type { Waiting } from '../waiting.ts';
import type { Facts } from '../guards.ts';
import type { Touch, TransitionEvent } from '../transitions.ts';
import type { Entries } from './entries.ts';

export type WriteResult = ({ readonly ok: true; readonly job: Job } | { readonly ok: false; readonly job: Job | undefined }) & {
  /**
   * Of a write that was answered early: resolves when the record also survives a power cut. Nobody outside learns of the write
   * before that, since a version that clients have seen must not come again with other content.
   */
  readonly durable?: Promise<void> | undefined;
};

export interface TransitionInput {
  readonly facts: Facts;
  /** The attempt that the history's entry records. */
  readonly attempt: number;
  readonly changes?: Changes;
  /** Recorded in the history's entry and as the job's error. */
  readonly error?: JobFailure | undefined;
  /** Replaces the history that the new entry is appended to. */
  readonly keptHistory?: readonly HistoryEntry[] | undefined;
  /** How many days longer than others a record that ends with this write is kept. */
  readonly spareDays?: number | undefined;
  /**
   * May be answered as soon as the write survives a crash of this process, where the engine can tell that from surviving a
   * power cut. For writes that are harmless to repeat, made before anyone is told of them.
   */
  readonly early?: boolean | undefined;
  /** As the writer has read it. Where that is out of date the engine finds out, at the cost of one more write. */
  readonly webhookVersion?: number | undefined;
  /**
   * All jobs that may wait for this one, which succeeds. An engine that `seesOthers` writes no `tell` where `isUnawaited` says so
   * of their records.
   */
  readonly listeners?: readonly string[] | undefined;
}

export interface JobTable extends Listings, Payloads {
  /**
   * Whether each request sees the effects of all requests made before it, answered or not. Then a job's message may be sent
   * together with its record, and the worker that receives it does not come too early. The requests of one turn are written
   * together, or not at all.
   */
  readonly keepsOrder?: boolean;
  /**
   * Passes on what was asked in this turn of the event loop, where an engine collects that until the turn's end. Called before
   * slower work, such as writing to sockets.
   */
  dispatch?(): void;
  /** Whether a transition looks at other jobs in the same transaction: see `listeners`. */
  readonly seesOthers?: boolean;
  /** Small records beside the jobs. */
  readonly entries: Entries;
  /** The present time of the service; sends a request only where no answer has given it yet. */
  time(): Promise<ServiceTime>;
  /** Puts a new job; `ok: false` when one of that id exists. */
  create(job: Omit<Job, 'writeId'>): Promise<WriteResult>;
  /** Takes the idempotency key for this job, or returns whose it is. A lock that expired by `lowSeconds` counts as absent. */
  lock(
    owner: string,
    idempotencyKey: string,
    lock: IdempotencyLock,
    lowSeconds: number,
  ): Promise<{ readonly taken: boolean; readonly lock: IdempotencyLock }>;
  readLock(owner: string, idempotencyKey: string): Promise<IdempotencyLock | undefined>;
  /** A strongly consistent read. */
  get(jobId: string): Promise<Job | undefined>;
  /** Strongly consistent, in the order asked for; up to 100. @throws the signal's reason once it fired. */
  getMany(jobIds: readonly string[], signal?: AbortSignal): Promise<readonly (Job | undefined)[]>;
  /** The only way a status changes; see `transitions`. */
  transition(event: TransitionEvent, jobId: string, input: TransitionInput): Promise<WriteResult>;
  /** A write that leaves status and version unchanged; see `touches`. */
  touch(touch: Touch, jobId: string, facts: Partial<Facts>, changes: Changes): Promise<WriteResult>;
  /** Undefined before the first sweep. */
  readSweep(): Promise<SweepState | undefined>;
  /** Unconditional: two sweepers at once do the same work twice, which is harmless. */
  writeSweep(state: SweepState): Promise<void>;
  /** @throws when the table does not answer or is not active. */
  check(): Promise<void>;
}

/**
 * What a write changes, beside status, version, history, writeId and `updatedAt`, and `expiresAt`, which only ended jobs have.
 * `null` removes a field; an absent field is unchanged.
 */
export interface Changes {
  readonly claim?: Claim | null | undefined;
  /** The claim's new `expiresAt`. */
  readonly leaseExpiresAt?: number | undefined;
  readonly attempts?: number | undefined;
  readonly failures?: number | undefined;
  readonly maxFailures?: number | undefined;
  readonly losses?: number | undefined;
  readonly maxLosses?: number | undefined;
  readonly dueAt?: number | null | undefined;
  readonly runAt?: number | null | undefined;
  /** Parks or unparks the job, and so moves it to its place. A transition without this field ends the wait. */
  readonly waiting?: Waiting | null | undefined;
  readonly suspended?: true | null | undefined;
  readonly stepsFrom?: number | undefined;
  readonly keeps?: true | undefined;
  readonly hasChildren?: true | undefined;
  readonly hasLateKeys?: true | null | undefined;
  readonly concurrencyKey?: string | undefined;
  readonly rateKey?: string | undefined;
  readonly parent?: JobParent | undefined;
  readonly generation?: number | undefined;
  readonly cancelRequested?: boolean | undefined;
  readonly progress?: number | null | undefined;
  readonly params?: Payload | undefined;
  readonly result?: Payload | null | undefined;
  readonly error?: JobFailure | null | undefined;
  readonly startedAt?: number | null | undefined;
  readonly finishedAt?: number | null | undefined;
  readonly sweeps?: number | undefined;
  readonly sweptAt?: number | null | undefined;
  /** Moves an ended job to its place. */
  readonly webhookVersion?: number | undefined;
  readonly waitsFor?: string | null | undefined;
  readonly cause?: Cause | null | undefined;
  /**
   * Absent in a transition: nobody has to be told of it. Moves the job to its place: a touch also gives `waiting`, and its
   * facts the status.
   */
  readonly tell?: number | null | undefined;
  /** Later than before, for an ended job; removed from open jobs that have one from an older version of this program. */
  readonly expiresAt?: number | null | undefined;
}

/**
 * The longest payload that stays in the record, in bytes as JSON. Every write of a record is paid by the KB. Params therefore
 * leave room in the first KB for everything else that the record holds while a job runs; a result is written once, with the
 * last write.
 */
export const maxInlineBytes = { params: 256, result: 1024 } as const;

export type PayloadKind = keyof typeof maxInlineBytes;

export interface KeepPayload {
  readonly jobId: string;
  readonly kind: PayloadKind;
  readonly value: JsonValue;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Params and results, stored apart from the records that point at them: written once, before the record, and never changed.
 *
 * Each has a key of its own, so nobody overwrites another's. The late result of a worker that lost its claim is one that no
 * record points at, and so is a payload whose writer died before it wrote the record. Such payloads are removed when they
 * expire.
 */
export interface Payloads {
  /** What the record will hold: the value itself up to `maxInlineBytes`, else a pointer to where it is stored from now on. */
  keepPayload(payload: KeepPayload): Promise<Payload>;
  /** In the order asked for, `undefined` where there is none; up to 100. @throws the signal's reason once it fired. */
  readPayloads(keys: readonly string[], signal?: AbortSignal): Promise<readonly (JsonValue | undefined)[]>;
  /**
   * The pointer, with the payload kept for as long as a record that ends soon after `now` (milliseconds since the epoch);
   * unchanged where that is so already. Called for open jobs now and then, and at a retry, so that no payload expires before
   * its record.
   */
  renewPayload(pointer: ApartPayload, now: number): Promise<ApartPayload>;
}

export interface IdempotencyLock {
  readonly jobId: string;
  readonly payloadHash: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Ids contain a time: `from` is included, `below` is not. */
export interface JobRange {
  readonly from?: string | undefined;
  readonly below?: string | undefined;
}

export interface OwnerQuery extends JobRange {
  readonly owner: string;
  readonly status?: readonly JobStatus[] | undefined;
  readonly type?: readonly string[] | undefined;
  /** A job must have all of these. */
  readonly tags?: readonly string[] | undefined;
  /** The code of the present `error`. */
  readonly errorCode?: string | undefined;
  /** Newest first goes down in jobId; otherwise up. */
  readonly newestFirst: boolean;
  /** Exclusive: only jobs beyond this one, in the direction of the listing. */
  readonly beyond?: string | undefined;
  readonly limit: number;
  /**
   * About how many rows are looked at, of an index that does not have all the requested fields. Then fewer than `limit` ids may
   * not be all. Default: no bound.
   */
  readonly mostRows?: number | undefined;
}

export interface SurveyQuery extends JobRange {
  /** Undefined: all owners'. */
  readonly owner: string | undefined;
  readonly limit: number;
}

/** What an index alone says of a job. */
export interface SurveyedJob extends Pick<Job, 'jobId' | 'type'> {
  /** Undefined while it has not ended. */
  readonly outcome?: FinalStatus | undefined;
}

export interface Listings {
  /**
   * Ids of an owner's jobs from the index, which is eventually consistent and need not have all the requested fields (on
   * DynamoDB it does not tell PENDING from PROCESSING). The caller checks the records; no job that fits is missing. Fewer than
   * `limit` ids: there are no more.
   */
  listOwned(query: OwnerQuery): Promise<readonly string[]>;
  /** The newest jobs of a range, as the index has them: no record is read. Undefined where no index has all owners' jobs in order. */
  surveyOwned(query: SurveyQuery): Promise<readonly SurveyedJob[] | undefined>;
  /** Removes the tags of records that are gone: on DynamoDB these are items of their own, which the table's TTL does not delete. */
  removeTags(job: Pick<Job, 'jobId' | 'owner' | 'type' | 'tags'>): Promise<void>;
  /** A page of about `limit` jobs of a place, in the order of their ranks, from an index that is eventually consistent. */
  listPlaced(query: PlacedQuery): Promise<PlacedPage>;
}

export interface PlacedQuery extends RankRange {
  readonly place: JobPlaceName;
  /** All requested jobs share this (see `JobPlace`): only one shard is read. */
  readonly spread?: string | undefined;
  /** Default: the lowest rank first. */
  readonly descending?: boolean | undefined;
  /** Exclusive: a page's `next`, or any rank. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface PlacedPage {
  readonly jobs: readonly { readonly jobId: string; readonly rank: string }[];
  /** The rank after which to continue; undefined at the end. */
  readonly next: string | undefined;
}

/** The progress of the sweeper: stored in the table, since it outlives each of its runs. Times are the service's. */
export interface SweepState {
  /** When the last run ended, or refused to run. */
  readonly ranAt: number;
  /** Where the pass through the open jobs continues; undefined = at the oldest. */
  readonly after?: string | undefined;
  /** Of the pass that is in progress. */
  readonly passBeganAt: number;
  readonly looked: number;
  readonly overdue: number;
  /** Of the last pass that was completed. */
  readonly lastPass?: { readonly tookMs: number; readonly looked: number; readonly overdue: number } | undefined;
}
