/**
 * Every guard, version check and decision of the shipped tables, and what comes of the protocol without it: the setting in
 * which the model finds that out, or why it is only hygiene. A test compares them with the tables, so that none is missing.
 */
import type { GuardName } from '../../core/guards.ts';
import { touches, transitions, type Touch, type TransitionEvent } from '../../core/transitions.ts';
import type { Misbehaviour } from './making.ts';
import type { Mutant } from './rules.ts';
import { longSettings, quickSettings, type Setting } from './settings.ts';

/** Small, and each made for a few mutants. */
const ownSettings = {
  'a wait, a retry': { perReceive: 1, handlers: 'succeed', faults: { park: 1, retry: 1 } },
  'a delay, a retry': { isDelayed: true, perReceive: 1, handlers: 'succeed', faults: { retry: 1 } },
  'a retry of failing handlers': { perReceive: 1, maxFailures: 1, handlers: 'fail', faults: { retry: 1 } },
  'a crash, a cancel, a retry': { perReceive: 1, handlers: 'succeed', faults: { crash: 1, cancel: 1, retry: 1 } },
  'a worker that sleeps, one loss': { perReceive: 1, maxLosses: 1, handlers: 'succeed', faults: { pause: 1 } },
  'a crash, a cancel, one loss': { perReceive: 1, maxLosses: 1, handlers: 'succeed', faults: { crash: 1, cancel: 1 } },
  'a worker that sleeps, a cancel': { perReceive: 1, handlers: 'succeed', faults: { pause: 1, cancel: 1 } },
  'a handler that waits, a cancel': { perReceive: 1, handlers: 'succeed', faults: { suspend: 1, cancel: 1 } },
  'starving handlers, a cancel': { perReceive: 1, hasOwnTimer: true, handlers: 'starve', faults: { cancel: 1 } },
  'killing handlers, a cancel, a retry': { perReceive: 1, handlers: 'kill', faults: { cancel: 1, retry: 1 } },
  'failing handlers, a worker that sleeps, a crash': { handlers: 'fail', faults: { pause: 1, crash: 1 } },
} as const satisfies Readonly<Record<string, Setting>>;

const settings = { ...longSettings, ...quickSettings, ...ownSettings };
export const settingOf = (name: SettingName): Setting => settings[name];
export type SettingName = keyof typeof settings;

export type Fate = { readonly killedIn: SettingName } | { readonly hygiene: string };

const killed = (killedIn: SettingName): Fate => ({ killedIn });
const fencedTwice: Fate = { hygiene: 'version and claim fence alike: taken away together, the model notices' };
const ofWorkflows: Fate = { hygiene: 'for a job alone it is never written: the model of workflows explores it, and notices it missing' };
const oneRequest: Fate = {
  hygiene: 'its guards say all: what another has done since the read either bars it or is what the client asked for',
};

type GuardOf<Row> = Row extends { readonly event: infer Event extends string; readonly guards: readonly (infer Guard extends string)[] }
  ? `${Event}.${Guard}`
  : Row extends { readonly touch: infer Name extends string; readonly guards: readonly (infer Guard extends string)[] }
    ? `${Name}.${Guard}`
    : never;
type EveryGuard = GuardOf<(typeof transitions)[number]> | GuardOf<(typeof touches)[number]>;
type DecisionOf<Row> = Row extends { readonly event: infer Event extends string; readonly decided: readonly (infer Name extends string)[] }
  ? `${Event}.${Name}`
  : never;
type EveryDecision = DecisionOf<(typeof transitions)[number]>;

export const guardFates: Readonly<Record<EveryGuard, Fate>> = {
  'claim.notParked': killed('a wait'),
  'claim.ofType': { hygiene: 'for a message that names another type than its record has; the model’s messages name none' },
  'claim.due': killed('a delay, two attempts a receive'),
  'reclaim.lapsed': killed('a worker that sleeps'),
  'reclaim.due': killed('failing handlers, a worker that sleeps, a crash'),
  'reclaim.cancelNotRequested': killed('a crash, a cancel'),
  'succeed.holdsClaim': fencedTwice,
  'failForGood.holdsClaim': fencedTwice,
  'failForGood.cancelNotRequested': killed('a cancel'),
  'release.holdsClaim': fencedTwice,
  'release.cancelNotRequested': killed('a cancel'),
  'suspend.holdsClaim': fencedTwice,
  'suspend.cancelNotRequested': killed('a handler that waits, a cancel'),
  'releaseStarved.holdsClaim': fencedTwice,
  'releaseStarved.cancelNotRequested': killed('starving handlers, a cancel'),
  'exhaustStarved.holdsClaim': fencedTwice,
  'exhaustStarved.cancelNotRequested': killed('starving handlers, a cancel'),
  'stop.holdsClaim': fencedTwice,
  'stop.cancelRequested': { hygiene: 'a worker stops only what it saw cancelled, and no cancel is ever taken back' },
  'exhaust.lapsed': killed('a worker that sleeps, one loss'),
  'exhaust.cancelNotRequested': killed('a crash, a cancel, one loss'),
  'cancelAbandoned.lapsed': killed('a worker that sleeps, a cancel'),
  'retryStuck.lapsed': killed('a retry'),
  'retryStuck.cancelNotRequested': killed('a crash, a cancel, a retry'),
  'retryStuck.notParked': killed('a wait, a retry'),
  'retryStuck.stuck': killed('a delay, a retry'),
  'fail.holdsClaim': killed('a worker that sleeps'),
  'fail.notYetCounted': killed('a doubled request'),
  'renew.holdsClaim': killed('a worker that sleeps'),
  'renew.laterLease': killed('a doubled request'),
  'requestCancelSeen.unchanged': { hygiene: 'keeps a bulk operation from a generation that it never saw; else it is `requestCancel`' },
  'requestCancelSeen.asRead': ofWorkflows,
  'nameKeys.asRead': {
    hygiene: 'the model has no limits by key; params that arrive again must not be counted under the keys of the earlier ones',
  },
  'expectChildren.holdsClaim': { hygiene: 'with a flag too many, cancelling the job only reads an empty list of children' },
  'adopt.asRead': ofWorkflows,
  'sweep.lapsed': killed('purged queues'),
  'park.unchanged': { hygiene: 'who parks reads once more what it waits for, and a wait too many is ended like any other' },
  'park.notParked': { hygiene: 'keeps one reason from hiding another; the model knows one' },
  'unpark.unchanged': { hygiene: 'a wait that was ended too early is begun again by the worker that tries to claim the job' },
  'unpark.parkedFor': { hygiene: 'the same' },
  'tellWebhooks.unchanged': {
    hygiene: 'the model has no webhooks; a process that makes deliveries for a version must not take a later one for done',
  },
  'tellWebhooks.asRead': {
    hygiene: 'the model has no webhooks; the place of an ended job depends on the deliveries that are left to make',
  },
  'cancelForCause.asRead': ofWorkflows,
  'revive.asRead': ofWorkflows,
  'pass.asRead': ofWorkflows,
  'told.asRead': ofWorkflows,
  'keepRecord.asRead': { hygiene: 'an expiry is all that it writes: a retry removes it, whichever comes last' },
};

export const versionFates: Readonly<Record<TransitionEvent, Fate>> = {
  claim: killed('a delay, two attempts a receive'),
  reclaim: killed('handlers that kill their worker'),
  succeed: fencedTwice,
  failForGood: fencedTwice,
  release: fencedTwice,
  suspend: fencedTwice,
  releaseStarved: fencedTwice,
  exhaustStarved: fencedTwice,
  stop: fencedTwice,
  exhaust: killed('a retry of failing handlers'),
  cancel: oneRequest,
  cancelAbandoned: killed('killing handlers, a cancel, a retry'),
  enqueueFailed: killed('a send that fails'),
  retry: oneRequest,
  reschedule: oneRequest,
  retryStuck: oneRequest,
  cancelForCause: ofWorkflows,
  revive: ofWorkflows,
};

/** Both fences taken away. */
export const fenceFates: Readonly<Partial<Record<TransitionEvent, SettingName>>> = {
  succeed: 'a worker that sleeps',
  failForGood: 'a worker that sleeps',
  release: 'a worker that sleeps',
  suspend: 'a worker that sleeps',
  releaseStarved: 'a worker that sleeps',
  exhaustStarved: 'a worker that sleeps',
  stop: 'a worker that sleeps, a cancel',
};

type Sees = NonNullable<Mutant['sees']>;
const noEndOfFailures: Sees = () => ({ maxFailures: 99 });
const noEndOfLosses: Sees = () => ({ maxLosses: 99 });

/** What a verdict cannot see where the decision is not made. */
export const decisionFates: Readonly<
  Record<EveryDecision, (Fate & { readonly hygiene: string }) | { readonly killedIn: SettingName; readonly sees: Sees }>
> = {
  'claim.failuresLeft': { killedIn: 'handlers that fail', sees: noEndOfFailures },
  'reclaim.failuresLeft': { hygiene: 'the last failure is written with its release, so nobody holds such a job' },
  'reclaim.lossesLeft': { killedIn: 'handlers that kill their worker', sees: noEndOfLosses },
  'releaseStarved.lossesLeft': { killedIn: 'handlers that starve their worker', sees: noEndOfLosses },
  'exhaustStarved.lastLoss': { killedIn: 'handlers that starve their worker', sees: () => ({ maxLosses: 1 }) },
  'exhaust.budgetUsedUp': { killedIn: 'a delay, two attempts a receive', sees: ({ maxFailures }) => ({ failures: maxFailures }) },
  'cancelAbandoned.cancelWasRequested': { killedIn: 'handlers that kill their worker', sees: () => ({ cancelRequested: true }) },
};

export const misbehaviours: readonly (readonly [readonly Misbehaviour[], SettingName])[] = [
  [['forgets the claim whose answer was lost'], 'a lost answer'],
  [['counts a wait'], 'a handler that waits'],
  [['gives up a claim that it does not know of'], 'a lost answer'],
  [['counts failures by adding'], 'a doubled request'],
  [['notes a failure with the next write'], 'failing handlers, a crash'],
  [['stops without the due time'], 'handlers that fail twice a receive'],
  [['releases without a due time'], 'handlers that fail'],
  [['counts a stop'], 'a delay, two attempts a receive'],
  [['starves for free'], 'handlers that starve their worker'],
  [['counts being cut off'], 'an outage'],
  [['deletes the message of what is held'], 'a duplicate'],
  [['deletes its message after a lost claim'], 'a worker that sleeps'],
  [['stops without a release'], 'a delay, two attempts a receive'],
  [['ends the job of every dead letter'], 'a delay, two attempts a receive'],
  [['drops every dead letter', 'never sweeps'], 'a delay, two attempts a receive'],
  [['drops a dead letter before it is sent again', 'never sweeps'], 'failing handlers, a crash'],
  [['sweeps by giving up'], 'purged queues'],
  [['never sweeps'], 'purged queues'],
  [['ends a wait without a message', 'never sweeps'], 'a wait'],
];

/** Not needed for correctness: the model explores the protocol without it, and finds nothing. */
export const tidiness: readonly (readonly [readonly Misbehaviour[], SettingName])[] = [
  [['claims a begun job without a read'], 'handlers that fail'],
  [['drops every dead letter'], 'handlers that fail'],
];

export function withoutGuard(name: string): Mutant {
  const row = [
    ...transitions.map(({ event, guards }) => ({ of: event, guards })),
    ...touches.map(({ touch, guards }) => ({ of: touch, guards })),
  ];
  const found = row.flatMap(({ of, guards }): { of: TransitionEvent | Touch; guard: GuardName }[] =>
    guards.map((guard) => ({ of, guard })),
  );
  return { withoutGuards: found.filter(({ of, guard }) => `${of}.${guard}` === name) };
}
