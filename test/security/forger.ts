/** An attacker who writes anything to Redis and to the queues, all the time. */
import fc from 'fast-check';
import { jobPriorities, jobStatuses } from '../../core/job.ts';
import { createRedis } from '../../core/redis.ts';
import type { Core } from '../../core/usecases/core.ts';

export interface ForgerDeps {
  readonly redisUrl: string;
  readonly queues: Core['queues'];
  readonly owners: readonly string[];
  /** The tickets so far, of all owners. */
  readonly tickets: readonly string[];
  /** Texts that one owner has and the other must not see. */
  readonly marks: readonly string[];
  readonly seed: number;
}

export interface Forger {
  /** How many messages were taken by a subscriber. */
  readonly heard: () => number;
  stop(): Promise<void>;
}

export async function startForger({ redisUrl, queues, owners, tickets, marks, seed }: ForgerDeps): Promise<Forger> {
  const redis = createRedis({ redisUrl }, {});
  await new Promise((resolve) => redis.once('ready', resolve));
  const pick = fc.nat();
  const number = fc.oneof(fc.integer({ min: -1, max: 20 }), fc.constantFrom(0.5, -1e300, 1e300, 2 ** 31, 8.64e15));
  const text = fc.constantFrom(...marks, ...owners, 'text');
  const forgery = fc.record({
    channel: fc.constantFrom('job', 'owner'),
    channelPick: pick,
    jobPick: pick,
    event: fc.record(
      {
        owner: fc.constantFrom(...owners),
        version: fc.oneof(fc.integer({ min: 1, max: 6 }), number),
        status: fc.constantFrom(...jobStatuses),
        previousStatus: fc.constantFrom(...jobStatuses),
        attempt: fc.oneof(fc.integer({ min: 0, max: 3 }), number),
        at: fc.oneof(fc.constant('now' as const), number),
        error: fc.record({ code: text, message: text, attempt: number, at: number }),
        progress: fc.oneof(fc.integer({ min: 0, max: 100 }), number),
      },
      { requiredKeys: ['owner', 'version', 'status', 'attempt', 'at'] },
    ),
    junk: fc.option(fc.oneof(fc.string(), fc.json()), { freq: 20 }),
    garbage: fc.option(fc.constantFrom('nan', '1e300', 'text'), { freq: 20 }),
    generation: fc.integer({ min: 1, max: 3 }),
  });
  const forgeries = fc.sample(forgery, { seed, numRuns: 2000 });
  const stopping = new AbortController();
  let heard = 0;

  async function forge({ channel, channelPick, jobPick, event, junk, garbage, generation }: (typeof forgeries)[number]): Promise<void> {
    const jobId = tickets[jobPick % Math.max(1, tickets.length)] ?? 'none';
    const watched = tickets[channelPick % Math.max(1, tickets.length)] ?? 'none';
    const owner = owners[channelPick % owners.length] ?? 'none';
    const name = channel === 'job' ? `job:{${watched}}` : `owner:{${owner}}`;
    const body = junk ?? JSON.stringify({ ...event, jobId, at: event.at === 'now' ? Date.now() : event.at });
    heard += Number(await redis.spublish(name, body));
    if (garbage !== null) await redis.hset(`rate:{${owner}}`, { tokens: garbage, at: garbage });
    const priority = jobPriorities[channelPick % jobPriorities.length] ?? 'NORMAL';
    await queues.send(
      priority,
      { jobId, generation, version: Math.max(0, Math.trunc(event.version) % 9), traceId: 'forged', type: 'simulate_work' },
      0,
    );
  }

  const forging = (async () => {
    for (let count = 0; !stopping.signal.aborted; count += 1) {
      const one = forgeries[count % forgeries.length];
      if (one !== undefined) await forge(one);
      // As often as possible without blocking the others.
      if (count % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  return {
    heard: () => heard,
    async stop() {
      stopping.abort();
      await forging;
      redis.disconnect();
    },
  };
}
