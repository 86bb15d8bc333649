import { describe, expect, test } from 'vitest';
import { exactly } from '../clock.ts';
import { dueAt, scheduleIdOf, tickJobId, ticksOf, type Schedule, type TickOutcome } from './schedule.ts';
import { settled, stepOf } from './scheduleStep.ts';
import { tickTimes } from './tickTimes.ts';

const hour = 3_600_000;
const start = Date.parse('2026-05-04T00:00:00Z');

function makeSchedule(changes: Partial<Schedule> = {}): Schedule {
  return {
    owner: 'owner',
    name: 'name',
    incarnation: 'I1',
    cron: '0 * * * *',
    anchor: start,
    timeZone: 'UTC',
    jitterSeconds: 0,
    type: 'simulate_work',
    priority: 'NORMAL',
    overlap: 'ALLOW_ALL',
    catchUp: 'ONCE',
    isPaused: false,
    isBuffered: false,
    createdAt: start,
    updatedAt: start,
    next: start + hour,
    ticks: '',
    ...changes,
  };
}

/** Carried out by one process without interruption, until it waits. */
function carriedOut(schedule: Schedule, now: number, isLastOpen: (created: readonly number[]) => boolean = () => false) {
  const created: number[] = [];
  let known = schedule;
  for (let steps = 0; steps < 1000; steps += 1) {
    const step = stepOf(known, tickTimes(known), exactly(now), isLastOpen(created));
    if (step.kind === 'wait') return { created, schedule: known, until: step.until };
    if (step.kind === 'carryOut') created.push(step.at);
    known = step.kind === 'write' ? step.schedule : settled(known);
  }
  throw new Error('it never waits');
}

const outcomes = (schedule: Schedule): Partial<Record<TickOutcome, number>> =>
  Object.fromEntries(
    Object.entries(Object.groupBy(ticksOf(schedule), ({ outcome }) => outcome)).map(([name, list]) => [name, list.length]),
  );

describe('an outage of three days', () => {
  const now = start + 72 * hour + 10 * 60_000;

  test('ONCE: the newest makes its job, the others are missed', () => {
    const { created, schedule, until } = carriedOut(makeSchedule(), now);
    expect(created).toEqual([start + 72 * hour]);
    expect(outcomes(schedule)).toEqual({ CREATED: 1, MISSED: 19 });
    expect(until).toBe(start + 73 * hour);
  });

  test('NONE: all are missed', () => {
    const { created, schedule, until } = carriedOut(makeSchedule({ catchUp: 'NONE' }), now);
    expect(created).toEqual([]);
    expect(outcomes(schedule)).toEqual({ MISSED: 20 });
    expect(until).toBe(start + 73 * hour);
  });

  test('ALL: those of 24 hours make their jobs, in order', () => {
    const { created, schedule } = carriedOut(makeSchedule({ catchUp: 'ALL' }), now);
    expect(created).toEqual(Array.from({ length: 24 }, (_, index) => start + (49 + index) * hour));
    expect(outcomes(schedule)).toEqual({ CREATED: 20 });
  });

  test('ALL: and no more than 100', () => {
    const { created } = carriedOut(makeSchedule({ catchUp: 'ALL', cron: '* * * * *' }), now);
    expect(created).toHaveLength(100);
    expect(created.at(-1)).toBe(now);
  });

  test('nothing is made up for after 24 hours', () => {
    for (const catchUp of ['ONCE', 'NONE', 'ALL'] as const) {
      const { created, until } = carriedOut(makeSchedule({ catchUp, cron: '0 1 4 * *' }), start + 26 * hour);
      expect(created).toEqual([]);
      expect(until).toBe(Date.parse('2026-06-04T01:00:00Z'));
    }
  });

  test('a schedule that ends within a minute of a tick makes its job under each policy', () => {
    for (const catchUp of ['ONCE', 'NONE', 'ALL'] as const) {
      expect(carriedOut(makeSchedule({ catchUp, next: start + 72 * hour }), start + 72 * hour + 60_000).created).toEqual([
        start + 72 * hour,
      ]);
    }
  });
});

describe('a tick whose last job has not ended', () => {
  const now = start + hour;
  const open = { lastCreated: start };

  test('SKIP: is skipped', () => {
    const { created, schedule, until } = carriedOut(makeSchedule({ ...open, overlap: 'SKIP' }), now, () => true);
    expect({ created, outcomes: outcomes(schedule), until }).toEqual({ created: [], outcomes: { SKIPPED_OVERLAP: 1 }, until: now + hour });
  });

  test('BUFFER_ONE: waits for that end, and takes the place of those that come meanwhile', () => {
    const waiting = carriedOut(makeSchedule({ ...open, overlap: 'BUFFER_ONE' }), now, () => true);
    expect(waiting.created).toEqual([]);
    expect(waiting.schedule.isBuffered).toBe(true);
    // A tick that waits in the buffer is not late, however long that job takes.
    const later = carriedOut(waiting.schedule, now + 5 * hour, (created) => created.length > 0);
    expect(later.created).toEqual([now]);
    expect(outcomes(later.schedule)).toEqual({ CREATED: 1, SKIPPED_OVERLAP: 5 });
    expect(later.until).toBe(now + 6 * hour);
  });

  test('ALLOW_ALL: makes its job', () => {
    expect(carriedOut(makeSchedule(open), now, () => true).created).toEqual([now]);
  });
});

test('a paused schedule skips its ticks, however late it is looked at', () => {
  const { created, schedule, until } = carriedOut(makeSchedule({ isPaused: true }), start + 72 * hour);
  expect({ created, outcomes: outcomes(schedule), until }).toEqual({
    created: [],
    outcomes: { SKIPPED_PAUSED: 20 },
    until: start + 73 * hour,
  });
});

test('a schedule that has ended waits for nothing', () => {
  const { created, until } = carriedOut(makeSchedule({ endsAt: start + hour }), start + hour);
  expect({ created, until }).toEqual({ created: [start + hour], until: undefined });
});

test('a tick is late by its jitter, which is always the same', () => {
  const schedule = makeSchedule({ jitterSeconds: 600, catchUp: 'ALL' });
  const jitters = Array.from({ length: 1000 }, (_, index) => dueAt(schedule, start + index * hour) - (start + index * hour));
  expect(Math.min(...jitters)).toBeLessThan(30_000);
  expect(Math.max(...jitters)).toBeGreaterThan(570_000);
  expect(Math.max(...jitters)).toBeLessThanOrEqual(600_000);
  const due = dueAt(schedule, start + hour);
  expect(dueAt({ ...schedule }, start + hour)).toBe(due);
  expect(carriedOut(schedule, due - 1)).toMatchObject({ created: [], until: due });
  expect(carriedOut(schedule, due).created).toEqual([start + hour]);
});

test('the id of a tick’s job is a ULID of its time, and another for each incarnation', () => {
  const schedule = makeSchedule();
  const ids = [1, 2, 3].map((hours) => tickJobId(schedule, start + hours * hour));
  for (const id of ids) expect(id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  expect(ids.toSorted()).toEqual(ids);
  expect(tickJobId({ ...schedule, incarnation: 'I2' }, start + hour)).not.toBe(ids[0]);
  expect(tickJobId({ ...schedule }, start + hour)).toBe(ids[0]);
  expect(scheduleIdOf({ ...schedule, incarnation: 'I2' })).not.toBe(scheduleIdOf(schedule));
});
