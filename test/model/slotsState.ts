/** The state that the model of slots explores, and how it is changed. */
import type { Job } from '../../core/job.ts';
import type { Slots } from '../../core/slots.ts';
import type { Step } from './explore.ts';

/** Rules that a broken protocol lacks. */
export const slotMutants = [
  'sets a slot back to an older version',
  'claims whatever the version is',
  'frees a slot that has moved on',
  'takes a slot away before the claim from it',
  'leaves a parked holder asleep',
  'leaves a holder asleep that it parked',
  'keeps to itself that one more waits',
  'does not look at the key after a park',
  'does not look at the key after an end',
  'tells that nobody waits, whatever has happened to the key',
] as const;
export type SlotMutant = (typeof slotMutants)[number];

export interface SlotsSetting {
  readonly jobs: number;
  readonly most: number;
  readonly actors: number;
  readonly crashes?: number;
  readonly cancels?: number;
  readonly releases?: number;
  readonly duplicates?: number;
  /** No process repairs a lost wake, and the index shows parked jobs at once: the processes that end jobs must wake the waiting ones. */
  readonly withoutTimer?: boolean;
}

/** `dead`: its holder's lease ran out. Parking moves no version. */
export interface ModelJob {
  status: 'PENDING' | 'PROCESSING' | 'SUCCEEDED';
  isParked: boolean;
  isDead: boolean;
  version: number;
  messages: number;
  isIndexed: boolean;
}

export type At = 'acquire' | 'claim' | 'work' | 'free' | 'park' | 'flag' | 'look' | 'repair' | 'find' | 'grant' | 'wake' | 'clear';

export interface Actor {
  at: At;
  job: number;
  /** Read of the job, or claimed from. */
  version: number;
  /** The entry as it was read, and its version. */
  seen?: Slots | undefined;
  seenVersion: number;
  next: number;
  repairs: boolean;
}

export interface SlotsState {
  slots: Slots;
  entryVersion: number;
  jobs: ModelJob[];
  actors: Actor[];
  left: { crashes: number; cancels: number; releases: number; duplicates: number };
}

export const idOf = (job: number): string => String(job);

const copyOf = (state: SlotsState): SlotsState => ({
  ...state,
  jobs: state.jobs.map((job) => ({ ...job })),
  actors: state.actors.map((actor) => ({ ...actor })),
  left: { ...state.left },
});

export type Change = (to: SlotsState) => void;

export function stepOf(state: SlotsState, name: string, isOptional: boolean, change: Change): Step<SlotsState> {
  const to = copyOf(state);
  change(to);
  return { name, to, isOptional };
}

export const jobOf = (state: SlotsState, index: number): ModelJob => {
  const job = state.jobs[index];
  if (job === undefined) throw new Error('no such job');
  return job;
};

export const actorOf = (at: At, job: number, version: number, repairs: boolean): Actor => ({
  at,
  job,
  version,
  seenVersion: 0,
  next: 0,
  repairs,
});

export const mayRun = ({ status, isParked, isDead }: ModelJob): boolean =>
  (status === 'PENDING' && !isParked) || (status === 'PROCESSING' && isDead);

export function end(job: ModelJob): void {
  job.status = 'SUCCEEDED';
  job.isParked = false;
  job.version += 1;
}

/** The record, as the shipped decisions read it. */
export function recordOf({ status, version, isParked }: ModelJob): Pick<Job, 'status' | 'version' | 'waiting'> {
  return { status, version, ...(isParked ? { waiting: { reason: 'CONCURRENCY' } as const } : {}) };
}
