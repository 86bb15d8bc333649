/**
 * Random handlers, made of steps, sleeps and waits for signals, in branches. They run until they end, on workers that die
 * before or after any request to the table. Each step's work is done only until its result is kept, and no sleep ends early.
 */
import { expect, test } from 'vitest';
import { exactly } from '../core/clock.ts';
import type { JsonValue } from '../core/job.ts';
import { onSend } from '../core/signals.ts';
import { createEntries, type Entries } from '../core/table/entries.ts';
import { signalDraft } from '../core/usecases/awaitSignal.ts';
import { keptKey, keptKind } from '../core/usecases/kept.ts';
import { readStep } from '../core/usecases/keepStep.ts';
import { createMemoryEntries } from '../test/simulation/memoryEntries.ts';
import { makeJob } from '../test/support/jobFactory.ts';
import { silentLog } from '../test/support/silentLog.ts';
import { createSuspension, type RunEnd } from './suspension.ts';
import { createWaits, type Waits } from './waits.ts';

class Killed extends Error {}

type Part =
  | { readonly kind: 'step' | 'sleep' | 'signal'; readonly name: string }
  | { readonly kind: 'branches'; readonly branches: readonly (readonly Part[])[] };

/** mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function partsOf(random: () => number, depth: number, prefix: string): readonly Part[] {
  return Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index): Part => {
    const name = `${prefix}${index}`;
    const chance = random();
    if (depth > 0 && chance < 0.3)
      return { kind: 'branches', branches: ['a', 'b', 'c'].map((branch) => partsOf(random, depth - 1, `${name}${branch}`)) };
    return { kind: chance < 0.65 ? 'step' : chance < 0.85 ? 'sleep' : 'signal', name };
  });
}

async function follow(seed: number): Promise<{ readonly runs: number; readonly kills: number }> {
  const random = randomOf(seed);
  const parts = partsOf(random, 2, 'p');
  let now = 1_000_000;
  let versions = 0;
  const time = () => Promise.resolve(exactly(now));
  const sound = createEntries({ raw: createMemoryEntries(), time, newVersion: () => String((versions += 1)) });
  const created = makeJob({ status: 'PROCESSING', version: 2, attempts: 1 });
  const core = { table: { time, entries: sound } };
  const done = new Map<string, number>();
  const wakesAt = new Map<string, number>();
  const signalled = new Set<string>();
  let kills = 0;

  for (let run = 1; ; run += 1) {
    expect(run).toBeLessThan(500);
    let isDead = false;
    const mayDie = (chance: number): void => {
      if (!isDead && kills < 8 && random() < chance) {
        isDead = true;
        kills += 1;
      }
      if (isDead) throw new Killed('killed');
    };
    const entries = mortal(sound, mayDie);
    const suspension = createSuspension();
    const breaker = { closed: () => Promise.resolve() };
    const { signal } = new AbortController();
    const waits = createWaits(
      { core: { table: { time, entries } }, breaker, random, graceOver: signal },
      { job: { ...created, version: run + 1 }, log: silentLog },
      { suspension, attempt: 1, keeping: { any: false, children: false }, signal },
    );
    const handler = (): Promise<JsonValue> => perform(parts, waits);
    let end: RunEnd;
    try {
      end = await suspension.endOf(handler(), silentLog);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      continue;
    }
    if (end.kind === 'returned') return { runs: run, kills };
    expect(isDead).toBe(false);
    const { reason, until } = end.wait.waiting;
    if (until !== undefined) now = Math.max(now, until);
    if (reason === 'SIGNAL') await sendAll();
    else expect(until).toBeDefined();

    async function perform(all: readonly Part[], given: Waits): Promise<null> {
      for (const part of all) {
        if (part.kind === 'branches') await Promise.all(part.branches.map((branch) => perform(branch, given)));
        else if (part.kind === 'step') expect(await given.step(part.name, () => work(part.name))).toBe(part.name);
        else if (part.kind === 'sleep') await sleep(part.name, given);
        else {
          signalled.add(part.name);
          expect(await given.waitForSignal(part.name)).toEqual({ timedOut: false, payload: part.name });
        }
      }
      return null;
    }

    async function work(name: string): Promise<string> {
      mayDie(0);
      expect(await readStep(core, created, name)).toBeUndefined();
      done.set(name, (done.get(name) ?? 0) + 1);
      await Promise.resolve();
      mayDie(0.04);
      return name;
    }

    async function sleep(name: string, given: Waits): Promise<void> {
      const from = wakesAt.get(name) ?? now;
      wakesAt.set(name, from);
      await given.sleep(name, 10);
      expect(now).toBeGreaterThanOrEqual(from + 10_000);
    }
  }

  async function sendAll(): Promise<void> {
    for (const name of signalled) {
      const entry = await sound.get(keptKind, keptKey(created, 'signal', name));
      if (entry?.value.kind !== 'signal') continue;
      const sending = onSend(entry.value.signal, { generation: 1, payload: name, at: now, isSame: (other) => other === name });
      if (sending.kind === 'write') await sound.replace(keptKind, entry, signalDraft(created, name, sending.signal, now));
    }
  }
}

/** A process that may end before or after each request. */
function mortal(sound: Entries, mayDie: (chance: number) => void): Entries {
  const chance = 0.04;
  async function asked<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    mayDie(chance);
    const answer = await ask();
    mayDie(chance);
    return answer;
  }
  return {
    ...sound,
    get: (kind, key) => asked(() => sound.get(kind, key)),
    create: (kind, draft) => asked(() => sound.create(kind, draft)),
    replace: (kind, known, draft) => asked(() => sound.replace(kind, known, draft)),
  };
}

const isLong = process.env['FAULTS'] === 'long';

test('a step is not done again once its result is kept, and no sleep ends early, whenever workers die', { timeout: 600_000 }, async () => {
  let [runs, kills] = [0, 0];
  for (let seed = 1; seed <= (isLong ? 20_000 : 300); seed += 1) {
    try {
      const followed = await follow(seed);
      runs += followed.runs;
      kills += followed.kills;
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  expect(runs).toBeGreaterThan(1000);
  expect(kills).toBeGreaterThan(200);
});
