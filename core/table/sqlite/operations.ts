/** The requests of the table to the threads that keep its file, and their answers: all of them can be posted. */
import type { JobPlaceName, RankRange } from '../../place.ts';
import type { PlaceQuery, RawCondition, RawEntry } from '../entries.ts';
import type { Changes, IdempotencyLock, OwnerQuery, SurveyQuery, TransitionInput } from '../jobTable.ts';
import type { Facts } from '../../guards.ts';
import type { Touch, TransitionEvent } from '../../transitions.ts';

/** A record as it is stored: as JSON, beside the columns that its indexes need. */
export interface Row {
  readonly jobId: string;
  readonly owner: string;
  readonly type: string;
  /** Its final status. */
  readonly outcome: string | null;
  /** Its place in the index of places, and its rank there. */
  readonly partition: string | null;
  readonly sort: string | null;
  /** Seconds since the epoch; only final records expire. */
  readonly expiresAt: number | null;
  /** 1, or null where no worker holds it. */
  readonly running: 1 | null;
  readonly errorCode: string | null;
  readonly tags: readonly string[];
  readonly record: string;
}

/** What a transition writes in addition to what its writer knows. */
export interface Stamp {
  readonly writeId: string;
  /** Seconds since the epoch, for a job that ends. */
  readonly expiresAt: number;
}

export type WriteOperation =
  | { readonly kind: 'create'; readonly row: Row }
  | {
      readonly kind: 'transition';
      readonly event: TransitionEvent;
      readonly jobId: string;
      readonly input: TransitionInput;
      readonly stamp: Stamp;
    }
  | {
      readonly kind: 'touch';
      readonly touch: Touch;
      readonly jobId: string;
      readonly facts: Partial<Facts>;
      readonly changes: Changes;
      readonly writeId: string;
    }
  | { readonly kind: 'lock'; readonly key: string; readonly lock: IdempotencyLock; readonly lowSeconds: number }
  | { readonly kind: 'keepPayload'; readonly key: string; readonly json: string; readonly expiresAt: number }
  | { readonly kind: 'renewPayload'; readonly key: string; readonly expiresAt: number }
  | { readonly kind: 'putEntry'; readonly entry: RawEntry; readonly condition: RawCondition }
  | { readonly kind: 'removeEntry'; readonly key: string; readonly version: string | undefined }
  | { readonly kind: 'writeState'; readonly name: string; readonly state: string }
  /** Ends the leases of a process that is gone. */
  | { readonly kind: 'lapse'; readonly now: number; readonly after: string; readonly limit: number }
  /** Deletes final records, payloads, locks and entries that have expired. */
  | { readonly kind: 'expire'; readonly nowSeconds: number; readonly limit: number };

export type ReadOperation =
  | { readonly kind: 'get'; readonly jobIds: readonly string[] }
  | { readonly kind: 'readLock'; readonly key: string }
  | { readonly kind: 'readPayloads'; readonly keys: readonly string[] }
  | { readonly kind: 'readState'; readonly name: string }
  | { readonly kind: 'listOwned'; readonly query: OwnerQuery }
  | { readonly kind: 'surveyOwned'; readonly query: SurveyQuery }
  | { readonly kind: 'listPlaced'; readonly query: PlacedOperation }
  | { readonly kind: 'readEntries'; readonly keys: readonly string[] }
  | { readonly kind: 'listEntries'; readonly query: PlaceQuery }
  /** Of jobs at `open`: the contents of their messages, as `QueuedJob` in JSON. */
  | { readonly kind: 'listQueued'; readonly after: string; readonly before: string; readonly limit: number }
  | { readonly kind: 'check' };

export type Operation = WriteOperation | ReadOperation;

export interface PlacedOperation extends RankRange {
  readonly place: JobPlaceName;
  readonly descending?: boolean | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** `texts` are ids, or JSON of records, locks, entries or rows of places; `null` for one that does not exist. */
export interface Done {
  /** For a conditional write: whether it was made. */
  readonly ok: boolean;
  readonly texts: readonly (string | null)[];
}

/** `isFault`: a fault of this code, not of the disk. */
export interface Failed {
  readonly failure: string;
  readonly isFault: boolean;
}

export type Answer = Done | Failed;

/** The requests of one turn of the event loop, in their order. */
export interface Turn {
  /** How many of these are answered as soon as they survive the end of this process. All others are answered when they are on the disk. */
  readonly early: number;
  readonly operations: readonly Operation[];
}

/** Answers the oldest turns that have no answer yet: one answer for each request. */
export interface Reply {
  readonly answers: readonly (readonly Answer[])[];
  /** Whether everything that was answered so far is on the disk. */
  readonly isSynced: boolean;
}
