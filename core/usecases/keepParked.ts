/**
 * Keeps the data of parked jobs from expiring during long waits: once a day it goes through all parked jobs and extends the
 * expiry of their children and of params that are stored apart. (The sweeper does this for the params of other open jobs.)
 */
import { z } from 'zod';
import { monotonic } from '../clock.ts';
import { defineEntryKind } from '../table/entries.ts';
import type { Core } from './core.ts';
import { keepChildren } from './keepChildren.ts';
import { keepWorkflows } from './keepWorkflows.ts';
import { readEach } from './readEach.ts';
import { renewedParams } from './renewedParams.ts';

const places = ['paused', 'limit', 'signal', 'dependencies', 'due'] as const;

/** The progress of the walk, which outlives each of its runs; without a place, it was completed at that time. */
const walkKind = defineEntryKind('walk', z.object({ beganAt: z.number(), place: z.enum(places).optional(), after: z.string().optional() }));
const walkKey = 'parked';
const everyMs = 86_400_000;
const pageSize = 100;

/**
 * Begins no further page after `forMs`. Two runs at once do the same work twice, which is harmless. @throws {JobError}
 * `TABLE_UNAVAILABLE`.
 */
export async function keepParked(core: Pick<Core, 'table' | 'log' | 'settings'>, forMs = Infinity): Promise<void> {
  const { table } = core;
  const began = monotonic();
  const now = await table.time();
  let walk = (await table.entries.get(walkKind, walkKey))?.value ?? { beganAt: 0 };
  if (walk.place === undefined) {
    if (now.low - walk.beganAt < everyMs) return;
    await keepWorkflows(core);
    walk = { beganAt: now.low, place: places[0] };
  }
  while (walk.place !== undefined && monotonic() - began < forMs) {
    const { place, after, beganAt } = walk;
    const { jobs: rows, next } = await table.listPlaced({ place, after, limit: pageSize });
    const { jobs } = await readEach(core, rows);
    for (const job of jobs) {
      const { params } = await renewedParams(core, job, now.at);
      if (params !== undefined) await table.touch('keepParams', job.jobId, {}, { params });
      await keepChildren(core, job, now.at);
    }
    walk = next === undefined ? { beganAt, place: places[places.indexOf(place) + 1] } : { beganAt, place, after: next };
    await table.entries.put(walkKind, { key: walkKey, value: walk });
  }
}
