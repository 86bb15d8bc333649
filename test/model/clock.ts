/**
 * Leases on clocks that are wrong: ticks of half a second of the service's clock, workers that know it by the shipped bounds
 * (`createBounds`) from an answer's Date header, and the shipped rules of `reclaim` and `renew`. Who may run at once?
 */
import { exactly, type ServiceTime } from '../../core/clock.ts';
import type { Job } from '../../core/job.ts';
import { createBounds } from '../../core/table/dynamodb/serviceClock.ts';
import { permits, touchOf, transitionOf } from '../../core/transitions.ts';
import { makeJob } from '../support/jobFactory.ts';
import type { Model, Step } from './explore.ts';

export interface ClockProtocol {
  /** How a worker knows the time. `best guess` writes and judges by one number between the bounds. */
  readonly knows: 'bounds' | 'best guess' | 'its own clock';
  /** Of each worker's own clock. */
  readonly skewsMs: readonly [number, number];
  /** The time from which the holder counts its lease, to end its handler by itself. */
  readonly countsFrom: 'the sending' | 'the answer' | 'never';
  /** Renewals may overtake each other. */
  readonly overtakes: boolean;
  readonly isMonotone: boolean;
}

interface Worker {
  readonly runs: boolean;
  readonly endsAt: number;
}

interface Request {
  readonly worker: number;
  readonly kind: 'claim' | 'renew';
  readonly now: ServiceTime;
  readonly expiresAt: number;
  readonly sentAt: number;
}

interface State {
  readonly now: number;
  readonly holder: number | undefined;
  readonly expiresAt: number;
  readonly workers: readonly Worker[];
  readonly requests: readonly Request[];
  readonly wrong?: string | undefined;
}

const tickMs = 500;
const leaseMs = 2000;
/** A request is answered within a tick, or counts as failed. */
const roundTripMs = tickMs;
const endMs = 5500;
const epoch = Date.UTC(2026, 0, 1);

export function clockModel(protocol: ClockProtocol): Model<State> {
  return {
    initial: [{ now: epoch, holder: undefined, expiresAt: 0, workers: [idle, idle], requests: [] }],
    key: (state) => JSON.stringify(state),
    violation: ({ wrong }) => wrong,
    isDone: () => true,
    steps: (state) => stepsOf(state, protocol),
  };
}

const idle: Worker = { runs: false, endsAt: 0 };

function stepsOf(state: State, protocol: ClockProtocol): readonly Step<State>[] {
  const { now, workers, requests, holder } = state;
  const steps: Step<State>[] = [];
  function add(name: string, change: Partial<State>): void {
    const to = { ...state, ...change };
    const running = to.workers.filter(({ runs }) => runs).length;
    steps.push({
      name: `${now - epoch}: ${name}`,
      to: { ...to, wrong: to.wrong ?? (running > 1 ? 'two handlers run at once' : undefined) },
      isOptional: true,
    });
  }

  if (now < epoch + endMs) {
    const later = now + tickMs;
    add('time goes on', {
      now: later,
      requests: requests.filter(({ sentAt }) => later - sentAt <= roundTripMs),
      workers: workers.map((worker) => (worker.runs && protocol.countsFrom !== 'never' && worker.endsAt <= later ? idle : worker)),
    });
  }
  for (const [number, worker] of workers.entries()) {
    const own = requests.filter((request) => request.worker === number);
    if (worker.runs) add(`${number} dies or ends`, { workers: workers.with(number, idle) });
    for (const known of timesOf(now, number, protocol)) {
      const request = { worker: number, now: known, expiresAt: known.high + leaseMs, sentAt: now };
      const said = `knowing ${known.low - epoch} to ${known.high - epoch}`;
      if (own.length === 0 && !worker.runs)
        add(`${number} sends a claim, ${said}`, { requests: [...requests, { ...request, kind: 'claim' }] });
      const mayRenew = own.length === 0 || (protocol.overtakes && own.length === 1 && own[0]?.kind === 'renew');
      if (mayRenew && worker.runs && holder === number)
        add(`${number} sends a renewal, ${said}`, { requests: [...requests, { ...request, kind: 'renew' }] });
    }
  }
  for (const [index, request] of requests.entries()) {
    const after = { ...landed(state, request, protocol), requests: requests.toSpliced(index, 1) };
    add(`${request.worker}’s ${request.kind} lands and is answered`, after);
    if (request.kind === 'renew') add(`${request.worker}’s renewal lands, its answer is lost`, { ...after, workers });
  }
  return steps;
}

function landed({ now, workers, holder, expiresAt }: State, request: Request, protocol: ClockProtocol): Partial<State> {
  const { worker, kind } = request;
  const endsAt = (protocol.countsFrom === 'the answer' ? now : request.sentAt) + leaseMs;
  const held: Worker = { runs: endsAt > now, endsAt };
  const job = recordOf(holder, expiresAt);
  const facts = { now: request.now, claimId: String(worker), leaseExpiresAt: request.expiresAt };
  if (kind === 'claim') {
    if (holder !== undefined && !permits(transitionOf('reclaim'), job, facts)) return {};
    const wrong =
      holder !== undefined && holder !== worker && workers[holder]?.runs === true
        ? `${worker} takes the lease of a holder that runs`
        : undefined;
    return { holder: worker, expiresAt: request.expiresAt, workers: workers.with(worker, held), wrong };
  }
  const { from, guards } = touchOf('renew');
  const kept: typeof guards = guards;
  const rule = { from, guards: protocol.isMonotone ? kept : kept.filter((guard) => guard !== 'laterLease') };
  if (!permits(rule, job, facts)) return {};
  const present = workers[worker];
  const longer = present?.runs === true ? { runs: true, endsAt: Math.max(present.endsAt, endsAt) } : idle;
  return { expiresAt: request.expiresAt, workers: workers.with(worker, longer) };
}

function recordOf(holder: number | undefined, expiresAt: number): Job {
  return { ...record, claim: holder === undefined ? undefined : { id: String(holder), expiresAt } };
}
const record = makeJob({ status: 'PROCESSING', createdAt: epoch });

/** Every time that a worker may assume, whatever the transfer times of its last answer. */
function timesOf(now: number, worker: number, { knows, skewsMs }: ClockProtocol): readonly ServiceTime[] {
  if (knows === 'its own clock') return [exactly(now + (skewsMs[worker] ?? 0))];
  const known = new Map<string, ServiceTime>();
  for (const agoMs of [0, tickMs]) {
    for (const tookMs of [0, roundTripMs]) {
      for (const stampedMs of new Set([0, tookMs])) {
        const sentAt = now - agoMs - tookMs;
        const date = Math.floor((sentAt + stampedMs) / 1000) * 1000;
        const time = knownFrom(now, { date, sentAt, receivedAt: now - agoMs }, skewsMs[worker] ?? 0);
        if (knows === 'bounds') known.set(`${time.low} ${time.high}`, time);
        else for (const at of [time.low, time.high]) known.set(String(at), exactly(at));
      }
    }
  }
  return [...known.values()];
}

function knownFrom(
  now: number,
  answer: { readonly date: number; readonly sentAt: number; readonly receivedAt: number },
  skewMs: number,
): ServiceTime {
  const bounds = createBounds(() => now, { now: () => now + skewMs });
  bounds.learn(answer);
  const time = bounds.now();
  if (time === undefined) throw new Error('the bounds know nothing after an answer');
  return time;
}
