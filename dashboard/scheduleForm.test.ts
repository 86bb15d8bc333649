import { expect, test } from 'vitest';
import type { OperatedSchedule } from './operateDocuments.ts';
import { formOf, inputOfForm } from './scheduleForm.ts';

const schedule: OperatedSchedule = {
  scheduleId: 's',
  owner: 'alice',
  name: 'nightly',
  type: 'simulate_work',
  params: { steps: 3 },
  tags: [],
  priority: 'LOW',
  overlap: 'BUFFER_ONE',
  catchUp: 'ALL',
  isPaused: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  nextRuns: [],
  lastTick: null,
  ticks: [],
  problem: null,
  spec: { cron: null, everySeconds: 90, timeZone: 'Europe/Berlin', jitterSeconds: 5, startsAt: '2026-02-01T10:30:00.000Z', endsAt: null },
};

test('a schedule comes out of its form as it went in, except for what is removed', () => {
  expect(inputOfForm(formOf(schedule, undefined), false)).toEqual({
    everySeconds: 90,
    timeZone: 'Europe/Berlin',
    type: 'simulate_work',
    params: { steps: 3 },
    priority: 'LOW',
    overlap: 'BUFFER_ONE',
    catchUp: 'ALL',
    jitterSeconds: 5,
    startsAt: '2026-02-01T10:30:00.000Z',
    endsAt: null,
  });
});

test('a new one has a name, either cron or an interval, and only a start or end that was given', () => {
  const form = { ...formOf(undefined, { name: 'simulate_work', example: { durationMs: 1 } }), name: 'hourly', cron: '0 * * * *' };
  expect(inputOfForm(form, true)).toMatchObject({ name: 'hourly', cron: '0 * * * *', params: { durationMs: 1 }, startsAt: undefined });
  expect(inputOfForm(form, true)).not.toHaveProperty('everySeconds');
  expect(inputOfForm({ ...form, kind: 'interval', everySeconds: '60' }, true)).toMatchObject({ everySeconds: 60 });
  expect(inputOfForm({ ...form, params: '{' }, true)).toBeUndefined();
});
