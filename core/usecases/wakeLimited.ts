/** Looks at every key of a limit under which jobs wait, in case the process that should have woken them died. */
import { monotonic } from '../clock.ts';
import { under, waitKeyOf, waitRank } from '../place.ts';
import { isLimited, limitOfKey, limitRanges, limitsOf, typeOfLimit, type LimitsByType } from '../typeLimits.ts';
import { deliverWebhook } from '../webhook.ts';
import type { Core } from './core.ts';
import { readLimits } from './limitsInForce.ts';
import { lookAtSlots, repairSlots } from './lookAtSlots.ts';
import { oldestWaiting } from './oldestWaiting.ts';
import { lookAtStarts } from './starts.ts';
import { wakeJob } from './wake.ts';
import { wakeEach, type Woken } from './wakeEach.ts';

export interface WakeLimitedOptions {
  /** Only for this type. */
  readonly type?: string | undefined;
  readonly maxKeys?: number;
  /** Begins no further key after this time. */
  readonly forMs?: number;
}

type Deps = Pick<Core, 'table' | 'queues' | 'telemetry' | 'log' | 'jobTypes'>;

const pageSize = 20;

/**
 * Jumps from key to key. One that cannot be looked at is nobody else's fault. Any number of these at once, ended anywhere, do
 * no harm. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function wakeLimited(core: Deps, { type, maxKeys = Infinity, forMs = Infinity }: WakeLimitedOptions = {}): Promise<Woken> {
  const began = monotonic();
  const set = await readLimits(core);
  const total = { woken: 0, failed: 0 };
  const ranges = type === undefined ? [{}] : limitRanges(type);
  let keys = 0;
  for (const range of ranges) {
    let after: string | undefined;
    do {
      const { jobs, next } = await core.table.listPlaced({ place: 'limit', ...range, after, limit: pageSize });
      const [first] = jobs;
      if (first === undefined) {
        after = next;
        continue;
      }
      const key = waitKeyOf(first.rank);
      keys += 1;
      try {
        total.woken += await lookAt(core, key, set);
      } catch (error) {
        total.failed += 1;
        core.log.warn({ error, key }, 'the key of a limit could not be looked at; the next run tries again');
      }
      after = under(waitRank(key)).below;
    } while (after !== undefined && keys < maxKeys && monotonic() - began < forMs);
  }
  return total;
}

async function lookAt(core: Deps, key: string, set: LimitsByType): Promise<number> {
  const name = typeOfLimit(key);
  if (name === undefined) return 0;
  const type = name === deliverWebhook.name ? deliverWebhook : core.jobTypes.find(name);
  const limits = limitsOf(name, type, set);
  const limit = isLimited(limits) ? limitOfKey(key, limits) : undefined;
  if (limit === undefined) return type === undefined ? askWorker(core, key) : wakeAll(core, key);
  if (limit.kind === 'slots') return lookAtSlots(core, limit, { repairs: true });
  return (await lookAtStarts(core, limit)).woken;
}

/**
 * The type may say what this process, which does not know it, cannot: how many there may be. A worker can, so the one that waits
 * longest is woken: it is let in, or parked again in its place, and then that worker looks at the key.
 */
async function askWorker(core: Deps, key: string): Promise<number> {
  const repaired = await repairSlots(core, key);
  for (const reason of ['CONCURRENCY', 'RATE_LIMIT'] as const) {
    const [oldest] = await oldestWaiting(core, reason, key, 1);
    if (oldest !== undefined && (await wakeJob(core, oldest))) return repaired + 1;
  }
  return repaired;
}

/** There is no such limit any more. */
async function wakeAll(core: Deps, key: string): Promise<number> {
  let total = 0;
  let after: string | undefined;
  do {
    const { jobs, next } = await core.table.listPlaced({ place: 'limit', spread: key, ...under(waitRank(key)), after, limit: 100 });
    const { woken } = await wakeEach(core, jobs, ({ waiting }) => waiting?.for === key);
    total += woken;
    after = next;
  } while (after !== undefined && total < mostWoken);
  return total;
}

const mostWoken = 1000;
