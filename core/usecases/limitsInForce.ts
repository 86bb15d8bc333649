/** Limits that were set while the system runs: all of them are in one entry, which workers read every few seconds. */
import { z } from 'zod';
import { defineEntryKind } from '../table/entries.ts';
import { typeLimits, type LimitsByType } from '../typeLimits.ts';
import type { Core } from './core.ts';

export const limitsKind = defineEntryKind('limits', z.object({ byType: z.record(z.string(), typeLimits) }));
export const allLimits = 'all';

/** Strongly consistent. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function readLimits({ table }: Pick<Core, 'table'>): Promise<LimitsByType> {
  return (await table.entries.get(limitsKind, allLimits))?.value.byType ?? {};
}
