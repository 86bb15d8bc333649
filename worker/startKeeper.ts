/**
 * Wakes the jobs that wait for a start when their turn comes. Each worker that has met a key under which jobs wait looks at it
 * in time for the next start. Only one of several workers gives a start; where all die, the timer begins again.
 */
import { monotonic } from '../core/clock.ts';
import type { Handlers } from '../core/jobList.ts';
import { isSharp } from '../core/startRate.ts';
import { limitOfKey, limitsOf, typeOfLimit, type LimitsByType } from '../core/typeLimits.ts';
import type { Core } from '../core/usecases/core.ts';
import { lookAtStarts, sharpenTime, type StartsLimit } from '../core/usecases/starts.ts';
import type { Known } from './recently.ts';

export interface StartKeeper {
  /** Jobs wait under this key. May be called twice. */
  keep(key: string): void;
  /** Resolves once this worker knows the time well enough, or has tried. @throws {JobError} `TABLE_UNAVAILABLE`. */
  ready(limit: StartsLimit): Promise<void>;
}

export interface StartKeeperDeps {
  readonly core: Pick<Core, 'table' | 'queues' | 'telemetry' | 'log'>;
  readonly handlers: Handlers;
  readonly limits: Known<LimitsByType>;
  readonly stopping: AbortSignal;
}

const retryMs = 1000;
const sharpenEveryMs = 5000;
/**
 * The worker that gave the last start looks first for the next one. The others look that much later, and find it given, or that
 * worker gone.
 */
const standbyMs = 100;

export function openStartKeeper({ core, handlers, limits, stopping }: StartKeeperDeps): StartKeeper {
  const timers = new Map<string, NodeJS.Timeout | undefined>();
  stopping.addEventListener('abort', () => {
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
  });

  async function look(key: string): Promise<void> {
    let againMs: number | undefined = retryMs;
    try {
      againMs = await lookOnce(key);
    } catch (error) {
      core.log.warn({ error, key }, 'jobs that wait for a start could not be looked at; trying again');
    }
    timers.delete(key);
    if (againMs === undefined || stopping.aborted) return;
    timers.set(key, setTimeout(() => void look(key), againMs).unref());
  }

  async function lookOnce(key: string): Promise<number | undefined> {
    const type = typeOfLimit(key);
    if (type === undefined) return undefined;
    const limit = limitOfKey(key, limitsOf(type, handlers.get(type)?.type, await limits.known()));
    if (limit?.kind !== 'starts') return undefined;
    await ready(limit);
    const { woken, againMs } = await lookAtStarts(core, limit);
    return againMs === undefined || woken > 0 ? againMs : againMs + standbyMs;
  }

  let sharpened: { readonly at: number; readonly done: Promise<void> } | undefined;

  /** One worker does it for all that wait, and rarely. */
  async function ready(limit: StartsLimit): Promise<void> {
    if (isSharp(limit.rate, await core.table.time())) return;
    if (sharpened === undefined || monotonic() - sharpened.at > sharpenEveryMs) {
      const mine = { at: monotonic(), done: sharpenTime(core, limit) };
      sharpened = mine;
      mine.done.catch(() => (sharpened = undefined));
    }
    await sharpened.done;
  }

  return {
    ready,
    keep(key) {
      if (timers.has(key) || stopping.aborted) return;
      timers.set(key, undefined);
      void look(key);
    },
  };
}
