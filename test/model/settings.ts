/** What may go wrong, setting by setting: two workers, small budgets, and one or two kinds of faults at a time. */
import { explore, type Exploration } from './explore.ts';
import { usual, type Protocol } from './making.ts';
import { protocolModel } from './protocol.ts';
import { noFaults, type Faults } from './state.ts';

export interface Setting extends Partial<Omit<Protocol, 'faults'>> {
  readonly faults?: Partial<Faults>;
}

/** One attempt per receive: fewer states, where the attempts in between do not matter. */
const small = { perReceive: 1 } as const;
const onTime = { hasOwnTimer: true } as const;

/** Explored at every `npm test`; the mutants are killed in these. */
export const quickSettings = {
  'a delay, two attempts a receive': { isDelayed: true },
  'handlers that kill their worker': { ...small, handlers: 'kill' },
  'handlers that fail': { ...small, handlers: 'fail' },
  'handlers that fail twice a receive': { handlers: 'fail' },
  'handlers that starve their worker': { ...small, ...onTime, handlers: 'starve' },
  'a lost answer': { ...small, faults: { lost: 1 } },
  'a worker that sleeps': { ...small, faults: { pause: 1 } },
  'a cancel': { ...small, faults: { cancel: 1 } },
  'a send that fails': { ...small, faults: { sendFail: 1 } },
  'purged queues': { ...small, faults: { purge: 1 } },
  'a duplicate': { ...small, handlers: 'fail', faults: { dup: 1 } },
  'a doubled request, a cancel': { ...small, handlers: 'fail', faults: { late: 1, cancel: 1 } },
  'an outage': { ...small, ...onTime, faults: { outage: 1 } },
  'an old worker': { ...small, faults: { rollback: 1 } },
  'failing handlers, a crash': { handlers: 'fail', faults: { crash: 1 } },
  'a retry': { ...small, handlers: 'succeed', faults: { retry: 1 } },
  'a crash, a cancel': { ...small, handlers: 'succeed', faults: { crash: 1, cancel: 1 } },
  'a handler that waits': { ...small, handlers: 'succeed', maxReceives: 1, faults: { suspend: 1 } },
  'a wait': { ...small, handlers: 'succeed', maxReceives: 1, faults: { park: 1, dup: 1 } },
  'everything killed': { ...small, handlers: 'succeed', faults: { restart: 2 } },
} as const satisfies Readonly<Record<string, Setting>>;

/** Explored by `npm run test:faults`, together with the quick ones. */
export const longSettings = {
  'a doubled request': { ...small, handlers: 'fail', maxFailures: 3, perReceive: 3, faults: { late: 1 } },
  'failing handlers that wait': { ...small, handlers: 'fail', faults: { suspend: 1 } },
  'a handler that waits, a crash': { ...small, handlers: 'succeed', faults: { suspend: 1, crash: 1 } },
  'a wait, a duplicate': { ...small, handlers: 'succeed', faults: { park: 1, dup: 1 } },
  'a wait, a crash': { ...small, handlers: 'succeed', faults: { park: 1, crash: 1 } },
  'any handler, two waits': { ...small, faults: { park: 2 } },
  'a wait, a crash and a cancel': { ...small, handlers: 'succeed', faults: { park: 1, crash: 1, cancel: 1 } },
  'a wait, purged queues': { ...small, handlers: 'succeed', faults: { park: 1, purge: 1 } },
  'failing handlers, a retry': { ...small, handlers: 'fail', faults: { retry: 1 } },
  'a send that fails, a retry': { ...small, handlers: 'succeed', faults: { sendFail: 1, retry: 1 } },
  'a crash': { faults: { crash: 1 } },
  'a crash, one attempt a receive': { ...small, faults: { crash: 1 } },
  'any handler, a doubled request': { maxFailures: 3, perReceive: 3, faults: { late: 1 } },
  'any handler, a duplicate': { ...small, faults: { dup: 1 } },
  'any handler, a retry': { ...small, faults: { retry: 1 } },
  'any handler, a crash and a cancel': { ...small, faults: { crash: 1, cancel: 1 } },
  'a worker that sleeps, a cancel': { ...small, faults: { pause: 1, cancel: 1 } },
  'a lost answer, a cancel': { ...small, faults: { lost: 1, cancel: 1 } },
  'any handler, a send that fails, a retry': { ...small, faults: { sendFail: 1, retry: 1 } },
  'a crash, an early sweep': { ...small, faults: { crash: 1, sweep: 1 } },
  'failing handlers, a worker that sleeps, a crash': { handlers: 'fail', faults: { pause: 1, crash: 1 } },
  'failing handlers, a worker that sleeps': { handlers: 'fail', isDelayed: true, faults: { pause: 1 } },
  'an old worker, a crash': { ...small, faults: { rollback: 1, crash: 1 } },
  'an outage, a crash': { ...small, ...onTime, faults: { outage: 1, crash: 1 } },
  'an outage, a cancel': { ...small, ...onTime, faults: { outage: 1, cancel: 1 } },
  'failing handlers, an outage': { ...onTime, handlers: 'fail', faults: { outage: 1 } },
  'killing handlers, a duplicate': { handlers: 'kill', faults: { dup: 1 } },
  'killing handlers, purged queues': { handlers: 'kill', faults: { purge: 1 } },
  'killing handlers, a cancel': { handlers: 'kill', faults: { cancel: 1 } },
  'killing handlers, a retry': { ...small, handlers: 'kill', faults: { retry: 1 } },
  'killing handlers, a duplicate, an early sweep': { ...small, handlers: 'kill', faults: { dup: 1, sweep: 1 } },
  'failing handlers, a crash and a duplicate': { handlers: 'fail', faults: { crash: 1, dup: 1 } },
  'failing handlers, purged queues, an early sweep': { ...small, handlers: 'fail', faults: { purge: 1, sweep: 1 } },
  'everything killed, purged queues': { ...small, faults: { restart: 1, purge: 1 } },
  'everything killed, a cancel': { ...small, faults: { restart: 1, cancel: 1 } },
  'starving handlers, a duplicate': { ...small, ...onTime, handlers: 'starve', faults: { dup: 1 } },
  'starving handlers, a cancel': { ...small, ...onTime, handlers: 'starve', faults: { cancel: 1 } },
  'two crashes': { ...small, handlers: 'succeed', faults: { crash: 2 } },
  'two lost answers': { ...small, faults: { lost: 2 } },
  'two cancels': { ...small, faults: { cancel: 2 } },
  'two duplicates': { ...small, handlers: 'succeed', faults: { dup: 2 } },
  'a budget of three failures and three losses': { ...small, handlers: 'fail', maxFailures: 3, maxLosses: 3, faults: { crash: 1 } },
  'three workers, a duplicate': { ...small, workers: 3, handlers: 'succeed', faults: { dup: 1 } },
} as const satisfies Readonly<Record<string, Setting>>;

export function exploreWith({ faults = {}, ...setting }: Setting, broken: Pick<Setting, 'mutant' | 'misbehaves'> = {}): Exploration {
  return explore(protocolModel({ ...usual, ...setting, ...broken, faults: { ...noFaults, ...faults } }));
}
