/**
 * A worker on an agenda: the shipped claim, conclusion and acknowledgement, with attempts that take simulated time and end as
 * their job's params say, unless the worker is killed, stopped, put to sleep, starved or cut off before.
 */
import { backoffMs } from '../../core/backoff.ts';
import type { Core } from '../../core/usecases/core.ts';
import { claimJob, type Claimed } from '../../worker/claim.ts';
import { conclude } from '../../worker/conclude.ts';
import type { Acknowledgement, Outcome } from '../../worker/outcome.ts';
import type { WorkerParts } from '../../worker/parts.ts';
import { isAway } from '../../worker/untilAnswered.ts';
import type { Agenda } from './agenda.ts';
import type { Message } from './simulatedQueues.ts';

export interface SimulatedWorkerDeps {
  readonly agenda: Agenda;
  readonly chance: () => number;
  readonly parts: WorkerParts;
  readonly table: Core['table'];
  /** Milliseconds until the table answers again; 0 where it does. */
  readonly awayFor: () => number;
  readonly deliverIn: (message: Message, ms: number) => void;
}

export interface SimulatedWorker {
  receive(message: Message): Promise<void>;
  /** All workers die. */
  kill(): void;
}

interface Hold {
  readonly claimed: Claimed;
  readonly message: Message;
  readonly failFirst: number;
  readonly failsPermanently: boolean;
  isAlive: boolean;
  /** When the holder's own timer ends its handler. */
  endsAt: number;
  attempt: number;
  failures: number;
  inReceive: number;
}

export function createSimulatedWorker({ agenda, chance, parts, table, awayFor, deliverIn }: SimulatedWorkerDeps): SimulatedWorker {
  const { attemptsPerReceive, backoffBaseMs, backoffMaxMs, visibilityTimeoutSeconds } = parts.settings;
  const leaseMs = visibilityTimeoutSeconds * 1000;
  let holds = new Set<Hold>();

  async function receive(message: Message): Promise<void> {
    const away = awayFor();
    if (away > 0) {
      // Its breaker is open: nothing is received.
      message.receives -= 1;
      return deliverIn(message, away + chance() * 2000);
    }
    deliverIn(message, leaseMs);
    if (chance() < 0.003) return;
    // Where the table did not take an end, the message comes back: see `execute`.
    const claimed = await claimJob(parts, message.body).catch((error: unknown) => {
      if (!isAway(error)) throw error;
      return undefined;
    });
    if (claimed === undefined) return undefined;
    if (claimed.kind !== 'claimed') return acknowledge(message, claimed);
    if (chance() < 0.003) return;
    const { job } = claimed;
    const hold: Hold = {
      claimed,
      message,
      ...planOf(claimed),
      isAlive: true,
      endsAt: agenda.now() + leaseMs,
      attempt: job.attempts,
      failures: job.failures,
      inReceive: 1,
    };
    holds.add(hold);
    beat(hold);
    attempt(hold);
  }

  function attempt(hold: Hold): void {
    const tookMs = chance() < 0.02 ? chance() * 3 * leaseMs : chance() * 2000;
    const luck = chance();
    if (luck < 0.01) agenda.in(chance() * tookMs, () => die(hold));
    else if (luck < 0.03) agenda.in(chance() * tookMs, () => ended(hold, { kind: 'released', attempt: hold.attempt }));
    else if (luck < 0.034) sleep(hold);
    else if (luck < 0.037) starve(hold);
    else agenda.in(tookMs, () => endOf(hold));
  }

  function endOf(hold: Hold): Promise<void> | void {
    const { attempt: number, failFirst, failsPermanently, claimed } = hold;
    if (number > failFirst && !failsPermanently)
      return ended(hold, { kind: 'succeeded', attempt: number, result: { attempts: number, sleptMs: 0 } });
    if (!hold.isAlive) return undefined;
    hold.failures += 1;
    const { failures } = hold;
    const error = { code: failsPermanently ? 'PERMANENT' : 'ATTEMPT_FAILED', message: 'as asked', attempt: number, at: agenda.now() };
    if (failsPermanently) return ended(hold, { kind: 'failedForGood', attempt: number, failures, error });
    if (failures >= claimed.job.maxFailures) return ended(hold, { kind: 'failed', attempt: number, failures, error });
    return failed(hold, { kind: 'failed', attempt: number, failures, error });
  }

  async function failed(hold: Hold, outcome: Extract<Outcome, { kind: 'failed' }>): Promise<void> {
    const delayMs = backoffMs({ baseMs: backoffBaseMs, maxMs: backoffMaxMs }, outcome.failures, chance);
    const { high } = await table.time();
    const due = { ...outcome, dueAt: high + delayMs };
    if (hold.inReceive >= attemptsPerReceive) return ended(hold, due);
    // Where the table is away it is written with the outcome.
    if (awayFor() === 0) await renew(hold, due);
    const luck = chance();
    if (luck < 0.01) agenda.in(chance() * delayMs, () => die(hold));
    else if (luck < 0.03) agenda.in(chance() * delayMs, () => ended(hold, due));
    else {
      agenda.in(delayMs, async () => {
        if (!hold.isAlive) return;
        hold.attempt += 1;
        hold.inReceive += 1;
        if (awayFor() === 0) await renew(hold, undefined, hold.attempt);
        attempt(hold);
      });
    }
  }

  /** At half the lease, until it is over; the handler ends by the holder's own timer. */
  function beat(hold: Hold): void {
    agenda.in(leaseMs / 2, async () => {
      if (!hold.isAlive) return;
      if (agenda.now() >= hold.endsAt) return ended(hold, { kind: 'released', attempt: hold.attempt });
      if (awayFor() === 0) await renew(hold);
      beat(hold);
    });
  }

  async function renew(hold: Hold, failure?: Extract<Outcome, { kind: 'failed' }>, attempts?: number): Promise<void> {
    const { claimId, job } = hold.claimed;
    const leaseExpiresAt = (await table.time()).high + leaseMs;
    const change = failure && { failures: failure.failures, error: failure.error, dueAt: failure.dueAt ?? null };
    const facts = { claimId, leaseExpiresAt, failures: failure?.failures };
    const answer = await table
      .touch(failure === undefined ? 'renew' : 'fail', job.jobId, facts, { ...change, attempts, leaseExpiresAt })
      .catch(() => undefined);
    if (answer === undefined) return;
    const { job: present } = answer;
    if (present?.claim?.id !== claimId) return ended(hold, { kind: 'claimLost', attempt: hold.attempt });
    hold.endsAt = agenda.now() + leaseMs;
    deliverIn(hold.message, leaseMs);
    if (present.cancelRequested) await ended(hold, { kind: 'cancelled', attempt: hold.attempt });
  }

  /** SIGSTOP: on waking it first tries what it was about to do. */
  function sleep(hold: Hold): void {
    holds.delete(hold);
    hold.isAlive = false;
    agenda.in(leaseMs * (1 + 3 * chance()), () => {
      hold.isAlive = true;
      return ended(
        hold,
        chance() < 0.5 ? { kind: 'succeeded', attempt: hold.attempt, result: {} } : { kind: 'starved', attempt: hold.attempt },
      );
    });
  }

  /** The handler keeps the event loop to itself. */
  function starve(hold: Hold): void {
    hold.isAlive = false;
    agenda.at(hold.endsAt + chance() * 2000, () => {
      hold.isAlive = true;
      return ended(hold, { kind: 'starved', attempt: hold.attempt });
    });
  }

  function die(hold: Hold): void {
    hold.isAlive = false;
    holds.delete(hold);
  }

  /** Written as soon as the table takes it. */
  async function ended(hold: Hold, outcome: Outcome): Promise<void> {
    if (!hold.isAlive) return;
    die(hold);
    const away = awayFor();
    if (away > 0) {
      agenda.in(away + chance() * 2000, () => {
        hold.isAlive = true;
        return ended(hold, outcome);
      });
      return;
    }
    acknowledge(
      hold.message,
      await conclude(parts, hold.claimed, { outcome, percent: undefined, keeping: { any: false, children: false } }),
    );
  }

  function acknowledge(message: Message, acknowledgement: Acknowledgement): void {
    // Killed just before.
    if (chance() < 0.002) return;
    if (acknowledgement.kind === 'deleted') message.isGone = true;
    else deliverIn(message, acknowledgement.seconds * 1000);
  }

  return {
    receive,
    kill() {
      for (const hold of holds) hold.isAlive = false;
      holds = new Set();
    },
  };
}

function planOf({ job: { params } }: Claimed): Pick<Hold, 'failFirst' | 'failsPermanently'> {
  const value =
    params.kind === 'inline' && typeof params.value === 'object' && params.value !== null
      ? Object.fromEntries(Object.entries(params.value))
      : {};
  const { failAttempts, failPermanently } = value;
  return { failFirst: typeof failAttempts === 'number' ? failAttempts : 0, failsPermanently: failPermanently === true };
}
