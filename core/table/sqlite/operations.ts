/** What the table asks of the threads that keep its file, and what they answer: all of it can be posted. */
import type { JobPlaceName, RankRange } from '../../place.ts';
import type { PlaceQuery, RawCondition, RawEntry } from '../entries.ts';
import type { Changes, IdempotencyLock, OwnerQuery, SurveyQuery, TransitionInput } from '../jobTable.ts';
import type { Facts } from '../../guards.ts';
import type { Touch, TransitionEvent } from '../../transitions.ts';

/** A record as it is kept: as JSON, beside the columns that its indexes need. */
export interface Row {
  readonly jobId: string;
  readonly owner: string;
  readonly type: string;
  /** Its final status. */
  readonly outcome: string | null;
  /** Where it is found by those who look for what has not ended, and in which order. */
  readonly partition: string | null;
  readonly sort: string | null;
  /** Seconds since the epoch; only what is final expires. */
  readonly expiresAt: number | null;
  /** 1, or null where no worker holds it. */
  readonly running: 1 | null;
  readonly errorCode: string | null;
  readonly tags: readonly string[];
  readonly record: string;
}

/** What a transition writes beside what its writer knows. */
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
  /** Deletes final records, payloads, locks and entries whose time is over. */
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
  /** Of jobs at `open`: what their messages say, as `QueuedJob` in JSON. */
  | { readonly kind: 'listQueued'; readonly after: string; readonly before: string; readonly limit: number }
  | { readonly kind: 'check' };

export type Operation = WriteOperation | ReadOperation;

export interface PlacedOperation extends RankRange {
  readonly place: JobPlaceName;
  readonly descending?: boolean | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** `texts` are ids, or JSON of records, locks, entries or rows of places; `null` for one that is not there. */
export interface Done {
  /** Of a conditional write: whether it was made. */
  readonly ok: boolean;
  readonly texts: readonly (string | null)[];
}

/** `isFault`: of this code, not of the disk. */
export interface Failed {
  readonly failure: string;
  readonly isFault: boolean;
}

export type Answer = Done | Failed;

/** What one turn of the loop asks, in that order. */
export interface Turn {
  /** How many of these are answered as soon as they outlive the process: all others when they are on the disk. */
  readonly early: number;
  readonly operations: readonly Operation[];
}

/** To the oldest turns that have no answer yet: of each, what it asked. */
export interface Reply {
  readonly answers: readonly (readonly Answer[])[];
  /** Whether all that was answered until now is on the disk. */
  readonly isSynced: boolean;
}
