/**
 * Keeps a worker's slots full from three queues. Each receive reserves the slots it asks for, and a slow job never delays the
 * next receive. Where jobs are short, a few messages are fetched ahead, so that receives are full and no slot waits for one.
 * Where they are not, no message waits here while its visibility timeout runs.
 *
 * Queues that have messages are drained by smooth weighted round-robin: high goes first, and low is never starved. Queues that
 * were empty are looked at now and then. When all are empty, each is long-polled with one slot. Where there are fewer slots,
 * queues in this process report a message by themselves, and others are long-polled in turn.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { jobPriorities, type JobPriority } from '../core/job.ts';
import type { JobQueues, ReceivedMessage } from '../core/queue/jobQueues.ts';
import type { Log } from '../telemetry/log.ts';
import type { Breaker } from './breaker.ts';

export interface PollDeps {
  readonly queues: Pick<JobQueues, 'receive' | 'setVisibility' | 'arrival'>;
  readonly concurrency: number;
  /** How long a receive waits for a message where all queues are empty. */
  readonly receiveWaitSeconds: number;
  readonly visibilityTimeoutSeconds: number;
  /** While it is open, nothing is received. */
  readonly breaker: Pick<Breaker, 'isOpen' | 'closed'>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly log: Log;
  /** Resolves when the message's slot is free again; never rejects. */
  readonly execute: (message: ReceivedMessage) => Promise<void>;
}

export interface Poll {
  /** Messages that are being worked on. */
  running(): number;
  /**
   * Begins no further receive; resolves when those in flight have ended. They are cut off only when `hurry` fires: SQS may give
   * a message to a receive whose caller has gone, and it then stays invisible for its whole visibility timeout.
   */
  stop(hurry: AbortSignal): Promise<void>;
  /** Resolves when every slot is free. */
  drained(): Promise<void>;
}

/** Of ten receives under full load, this many go to each queue. */
const weights = { HIGH: 6, NORMAL: 3, LOW: 1 } as const satisfies Record<JobPriority, number>;
/** How often a queue that was empty is looked at while others are busy. */
const recheckMs = 200;
/** SQS gives at most ten messages a receive. */
const maxReceive = 10;
/** Fetched ahead, if they will not wait longer than `patienceMs`, by the time that recent jobs took. */
const maxAhead = 15;
const patienceMs = 500;
/** Waiting a few milliseconds for more free slots makes receives fuller, and costs long jobs nothing. */
const gatherMs = 5;
/** Below this many slots a long poll on each queue would reserve them all. */
const minLongPollSlots = jobPriorities.length;

interface QueueState {
  readonly priority: JobPriority;
  credit: number;
  hasBacklog: boolean;
  emptyAt: number;
  receiving: number;
}

export function startPoll({
  queues,
  concurrency,
  receiveWaitSeconds,
  visibilityTimeoutSeconds,
  breaker,
  now,
  log,
  execute,
}: PollDeps): Poll {
  const states: readonly QueueState[] = jobPriorities.map((priority) => ({
    priority,
    credit: 0,
    hasBacklog: false,
    emptyAt: 0,
    receiving: 0,
  }));
  const cutOff = new AbortController();
  let stopped = false;
  /** Slots that are neither in use, nor reserved, nor needed by a message that waits: negative by the number fetched ahead. */
  let free = concurrency;
  let executing = 0;
  let averageMs: number | undefined;
  let waiting: { readonly message: ReceivedMessage; readonly receivedAt: number }[] = [];
  let failures = 0;
  let change: PromiseWithResolvers<void> | undefined;
  const receives = new Set<Promise<void>>();

  function notify(): void {
    change?.resolve();
    change = undefined;
  }

  function changed(): Promise<void> {
    change ??= Promise.withResolvers();
    return change.promise;
  }

  function release(slots: number): void {
    free += slots;
    notify();
  }

  function ahead(): number {
    return averageMs !== undefined && (maxAhead * averageMs) / concurrency <= patienceMs ? maxAhead : 0;
  }

  function startWaiting(): void {
    while (executing < concurrency) {
      const next = waiting.shift();
      if (next === undefined) return;
      // Half of its visibility timeout is over: it is left to be delivered again, rather than lost in the middle of its work.
      if (now() - next.receivedAt > visibilityTimeoutSeconds * 500) release(1);
      else void work(next.message);
    }
  }

  async function work(message: ReceivedMessage): Promise<void> {
    executing += 1;
    const startedAt = now();
    await execute(message);
    const tookMs = now() - startedAt;
    averageMs = averageMs === undefined ? tookMs : averageMs * 0.9 + tookMs * 0.1;
    executing -= 1;
    if (!stopped) startWaiting();
    release(1);
  }

  async function receive(state: QueueState, max: number, waitSeconds: number): Promise<void> {
    free -= max;
    state.receiving += 1;
    let used = 0;
    try {
      const messages = await queues.receive(state.priority, { max, waitSeconds, signal: cutOff.signal });
      failures = 0;
      state.hasBacklog = messages.length > 0;
      if (!state.hasBacklog) state.emptyAt = now();
      if (stopped) return await giveBack(messages);
      used = messages.length;
      const receivedAt = now();
      waiting.push(...messages.map((message) => ({ message, receivedAt })));
      startWaiting();
    } catch (error) {
      if (cutOff.signal.aborted) return;
      failures += 1;
      state.hasBacklog = false;
      state.emptyAt = now();
      if (failures === 1) log.warn({ error, priority: state.priority }, 'the queue does not answer; trying again');
      if (!stopped) await sleep(Math.min(5000, 100 * 2 ** failures), undefined, { signal: cutOff.signal }).catch(() => undefined);
    } finally {
      state.receiving -= 1;
      release(max - used);
    }
  }

  /** Messages that came while the worker stops go to another worker. */
  async function giveBack(messages: readonly ReceivedMessage[]): Promise<void> {
    await Promise.all(messages.map((message) => queues.setVisibility(message, 0)));
  }

  function begin(state: QueueState, max: number, waitSeconds: number): void {
    const running = receive(state, max, waitSeconds).finally(() => receives.delete(running));
    receives.add(running);
  }

  /** The next queue to look at, or none where all are known to be empty or are being long-polled. */
  function next(): QueueState | undefined {
    const someBusy = states.some(({ hasBacklog }) => hasBacklog);
    const due = states.filter(
      ({ hasBacklog, receiving, emptyAt }) =>
        hasBacklog || (receiving === 0 && (emptyAt === 0 || (someBusy && now() - emptyAt >= recheckMs))),
    );
    const total = due.reduce((sum, { priority }) => sum + weights[priority], 0);
    let chosen: QueueState | undefined;
    for (const state of due) {
      state.credit += weights[state.priority];
      if (chosen === undefined || state.credit > chosen.credit) chosen = state;
    }
    if (chosen !== undefined) chosen.credit -= total;
    return chosen;
  }

  async function run(): Promise<void> {
    while (!stopped) {
      if (breaker.isOpen()) {
        await Promise.race([breaker.closed(), changed()]);
        continue;
      }
      const fetchesAhead = ahead() > 0;
      if (free + ahead() < (fetchesAhead ? maxReceive : 1)) {
        await changed();
        continue;
      }
      if (!fetchesAhead && free < Math.min(maxReceive, concurrency)) await sleep(gatherMs);
      if (stopped) return;
      const state = next();
      if (state === undefined) await waitForChange();
      else begin(state, Math.min(maxReceive, free + ahead()), 0);
    }
  }

  /** All queues are empty, as far as is known. */
  async function waitForChange(): Promise<void> {
    const soon = changed();
    const quiet = states.filter(({ receiving }) => receiving === 0);
    if (concurrency >= minLongPollSlots) {
      for (const state of quiet) if (free > 0) begin(state, 1, receiveWaitSeconds);
      await soon;
    } else if (queues.arrival !== undefined) {
      // The receive in flight may be about to return that message.
      const isAsked = quiet.length < states.length;
      await (isAsked ? soon : Promise.race([soon, queues.arrival()]));
      for (const state of quiet) state.emptyAt = 0;
    } else {
      // There are too few slots to long-poll each queue: they are polled one after the other, briefly.
      const [state] = quiet.toSorted((a, b) => a.emptyAt - b.emptyAt);
      if (state !== undefined && free > 0) begin(state, 1, Math.min(1, receiveWaitSeconds));
      await soon;
    }
  }

  const running = run();

  return {
    running: () => executing,
    async stop(hurry) {
      stopped = true;
      notify();
      const back = giveBack(waiting.map(({ message }) => message)).catch((error: unknown) => {
        log.warn({ error }, 'messages could not be given back; they are delivered again after their visibility timeout');
      });
      free += waiting.length;
      waiting = [];
      const onHurry = (): void => cutOff.abort();
      hurry.addEventListener('abort', onHurry, { once: true });
      if (hurry.aborted) onHurry();
      await running;
      await Promise.all([...receives, back]);
      hurry.removeEventListener('abort', onHurry);
    },
    async drained() {
      while (executing > 0) await changed();
    },
  };
}
