/** The promises of every table for what handlers keep: steps, sleeps and signals. */
import { describe, expect, test } from 'vitest';
import type { Keeper } from '../../core/usecases/kept.ts';
import { keepStep, readStep, stepResult } from '../../core/usecases/keepStep.ts';
import { keptKind, listSteps, removeKept } from '../../core/usecases/kept.ts';
import { awaitSignal, wasSent } from '../../core/usecases/awaitSignal.ts';
import { beginSleep, endOfSleep } from '../../core/usecases/sleeps.ts';
import type { JobTable } from '../../core/table/jobTable.ts';
import { makeJob } from '../support/jobFactory.ts';

export function exerciseKept(tableOf: () => JobTable): void {
  const core = () => ({ table: tableOf() });
  const newKeeper = (stepsFrom?: number): Keeper => ({ jobId: makeJob().jobId, ...(stepsFrom === undefined ? {} : { stepsFrom }) });

  describe('what handlers keep', () => {
    test('a step’s result is that of the first who kept it, whatever it is, and others are given it', async () => {
      const keeper = newKeeper();
      expect(await readStep(core(), keeper, 'charge')).toBeUndefined();
      const values = [{ ä: ['☃', null, 1.5], __proto__: 1 }, 'text', 0, false, null, undefined];
      for (const [index, value] of values.entries()) {
        const name = `step ${index} # "ä" \u0000`;
        const kept = stepResult(name, value);
        expect(await keepStep(core(), keeper, name, kept)).toEqual(kept);
        expect(await keepStep(core(), keeper, name, { result: 'of one who came later' })).toEqual(kept);
        expect(await readStep(core(), keeper, name)).toEqual(kept);
      }
      expect(await readStep(core(), newKeeper(), 'step 0')).toBeUndefined();
      expect(await readStep(core(), { ...keeper, stepsFrom: 2 }, 'step 1 # "ä" \u0000')).toBeUndefined();
    });

    test('of ten who keep a step at once, all are given the same', async () => {
      const keeper = newKeeper();
      const given = await Promise.all(Array.from({ length: 10 }, (_, index) => keepStep(core(), keeper, 'at once', { result: index })));
      expect(new Set(given.map(({ result }) => result)).size).toBe(1);
      expect(await readStep(core(), keeper, 'at once')).toEqual(given[0]);
    });

    test('a result of 256 KB is kept, and listed without being read', async () => {
      const keeper = newKeeper(3);
      const text = 'x'.repeat(256 * 1024 - 2);
      await keepStep(core(), keeper, 'large', stepResult('large', text));
      expect(await readStep(core(), keeper, 'large')).toEqual({ result: text });
      await keepStep(core(), { ...keeper, stepsFrom: 2 }, 'of before', { result: 1 });
      await beginSleep(core(), keeper, 'a sleep', 1);
      await expect.poll(() => listSteps(core(), keeper)).toMatchObject([{ name: 'large' }]);
    });

    test('a sleep ends when it was begun to', async () => {
      const keeper = newKeeper();
      expect(await endOfSleep(core(), keeper, 'night')).toBeUndefined();
      const before = Date.now();
      const until = await beginSleep(core(), keeper, 'night', 3600);
      // By the table's clock, which tells whole seconds in some engines.
      expect(until).toBeGreaterThan(before + 3_598_000);
      expect(await beginSleep(core(), keeper, 'night', 7200)).toBe(until);
      expect(await endOfSleep(core(), keeper, 'night')).toBe(until);
    });

    test('a wait for a signal times out for good in its generation, and begins again in the next', async () => {
      const job = { ...newKeeper(), generation: 1 };
      expect(await awaitSignal(core(), job, 'approval', 60_000)).toMatchObject({ kind: 'wait' });
      expect(await awaitSignal(core(), { ...job, generation: 2 }, 'approval', 300)).toMatchObject({ kind: 'wait' });
      await expect
        .poll(() => awaitSignal(core(), { ...job, generation: 2 }, 'approval', 60_000), { timeout: 5000 })
        .toEqual({ kind: 'timedOut' });
      expect(await wasSent(core(), job, 'approval')).toBe(false);
      expect(await awaitSignal(core(), { ...job, generation: 3 }, 'approval', undefined)).toEqual({ kind: 'wait', until: undefined });
    });

    test('all that a job kept goes, and nothing of another’s', async () => {
      const [keeper, other] = [newKeeper(), newKeeper()];
      for (const one of [keeper, other]) {
        await keepStep(core(), one, 'a', { result: 1 });
        await keepStep(core(), { ...one, stepsFrom: 4 }, 'b', { result: 1 });
        await beginSleep(core(), one, 'c', 1);
      }
      const count = async (jobId: string) =>
        (await tableOf().entries.listKeys(keptKind, { place: `kept#${jobId}`, limit: 10 })).rows.length;
      await expect.poll(() => count(keeper.jobId)).toBe(3);
      await removeKept(core(), keeper.jobId);
      await removeKept(core(), keeper.jobId);
      await expect.poll(() => count(keeper.jobId)).toBe(0);
      expect(await readStep(core(), keeper, 'a')).toBeUndefined();
      expect(await readStep(core(), other, 'a')).toEqual({ result: 1 });
    });
  });
}
