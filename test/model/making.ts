/** The settings of the model, and what the steps of all parts are made with. */
import type { Bounds, Mutant, Rules } from './rules.ts';
import { noFaults, type Fault, type Faults, type State, type Worker } from './state.ts';

/** Faults in what the parts do around the record's decisions, one each. */
export type Misbehaviour =
  | 'forgets the claim whose answer was lost'
  | 'gives up a claim that it does not know of'
  | 'counts failures by adding'
  | 'notes a failure with the next write'
  | 'stops without the due time'
  | 'releases without a due time'
  | 'counts a stop'
  | 'counts a wait'
  | 'starves for free'
  | 'counts being cut off'
  | 'deletes the message of what is held'
  | 'deletes its message after a lost claim'
  | 'stops without a release'
  | 'ends the job of every dead letter'
  | 'drops every dead letter'
  | 'drops a dead letter before it is sent again'
  | 'claims a begun job without a read'
  | 'sweeps by giving up'
  | 'never sweeps'
  | 'ends a wait without a message';

export interface Protocol extends Bounds {
  readonly workers: number;
  readonly perReceive: number;
  readonly maxReceives: number;
  /** What handlers do. */
  readonly handlers: 'anything' | 'succeed' | 'fail' | 'kill' | 'starve';
  /** Holders stop in time: a lease ends only once its holder's handler has ended. */
  readonly hasOwnTimer: boolean;
  readonly isDelayed: boolean;
  readonly faults: Faults;
  readonly mutant: Mutant;
  readonly misbehaves: readonly Misbehaviour[];
}

export const usual: Protocol = {
  workers: 2,
  maxFailures: 2,
  maxLosses: 2,
  perReceive: 2,
  maxReceives: 2,
  handlers: 'anything',
  hasOwnTimer: false,
  isDelayed: false,
  faults: noFaults,
  mutant: {},
  misbehaves: [],
};

/** What the steps of all parts are made with. */
export interface Making {
  readonly protocol: Protocol;
  readonly rules: Rules;
  readonly bounds: Bounds;
  does(misbehaviour: Misbehaviour): boolean;
  /** `change` answers false where the step cannot be made. */
  must(name: string, change: (next: State) => void | false): void;
  may(name: string, change: (next: State) => void | false): void;
  /** A fault, as long as its budget lasts. */
  fault(fault: Fault, name: string, change: (next: State) => void | false): void;
}

/** What a worker can do with itself and its message. */
export interface Hand {
  become(next: State, change: Partial<Worker>): void;
  leave(next: State): void;
  /** The record says what to do with the message: `acknowledgementOf`. */
  acknowledge(next: State, isOwn?: boolean): void;
  /** Deletes the message whatever the record says. */
  drop(next: State, why?: 'parked'): void;
  /** Continues by the verdict, as after a claim that was refused. */
  look(next: State): void;
  /** The process is gone. */
  die(next: State): void;
}

export type Acting = Making & Hand;
