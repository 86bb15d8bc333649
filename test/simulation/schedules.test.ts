/** Two who carry out schedules on clocks that are wrong, killed between any two of their requests: one job a tick. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { exactly } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import { createJobTypes, defineJobType } from '../../core/jobType.ts';
import { scheduleIdOf, tickJobId, ticksOf, type Schedule } from '../../core/schedule/schedule.ts';
import { deleteSchedule, pauseSchedule, resumeSchedule, updateSchedule } from '../../core/usecases/changeSchedule.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createSchedule, type CreateScheduleRequest } from '../../core/usecases/createSchedule.ts';
import { scheduleKind } from '../../core/usecases/schedules.ts';
import { tickSchedules } from '../../core/usecases/tickSchedules.ts';
import { simulateWork } from '../../jobs/simulateWork/type.ts';
import { createMemoryTable } from './memoryTable.ts';
import { simulatedCore } from './simulatedCore.ts';
import { sendOnlyQueues } from '../support/sendOnlyQueues.ts';

const minute = 60_000;
const start = Date.parse('2026-03-28T00:00:30Z');

function openStage() {
  const clock = { now: start };
  const table = createMemoryTable({ time: () => exactly(clock.now), now: () => clock.now, onWrite: () => undefined });
  const sent: string[] = [];
  let ids = 0;
  const core = simulatedCore({
    table,
    clock: { now: () => clock.now },
    newJobId: () => `ID${(ids += 1)}`,
    queues: sendOnlyQueues((_priority, { jobId }) => Promise.resolve(void sent.push(jobId))),
  });
  const request = (changes: Partial<CreateScheduleRequest> = {}): CreateScheduleRequest => ({
    owner: 'owner',
    name: 'name',
    cron: '* * * * *',
    timeZone: 'UTC',
    jitterSeconds: 0,
    type: 'simulate_work',
    params: {},
    priority: 'NORMAL',
    overlap: 'ALLOW_ALL',
    catchUp: 'ALL',
    traceId: 'trace',
    ...changes,
  });
  const present = async (schedule: Schedule): Promise<Schedule | undefined> => {
    const [key = ''] = scheduleIdOf(schedule).split('.');
    return (await table.entries.get(scheduleKind, key))?.value;
  };
  return { clock, table, core, sent, request, present };
}

/** Numbers below 1 that follow from the seed. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The same core as another process has it: its requests are lost, or their answers, and its clock is wrong. */
function unlucky(core: Core, skewMs: number, chance: () => number, deaths: { count: number }): Core {
  async function turn<Answer>(effect: () => Promise<Answer>): Promise<Answer> {
    for (let yields = Math.floor(chance() * 6); yields > 0; yields -= 1) await Promise.resolve();
    const luck = chance();
    const dies = (): never => {
      deaths.count += 1;
      throw new JobError('TABLE_UNAVAILABLE');
    };
    if (luck < 0.04) return dies();
    const answer = await effect();
    return luck < 0.08 ? dies() : answer;
  }
  const { table } = core;
  const { entries } = table;
  return {
    ...core,
    queues: { ...core.queues, send: (...args) => turn(() => core.queues.send(...args)) },
    table: {
      ...table,
      time: async () => exactly((await table.time()).at + skewMs),
      create: (job) => turn(() => table.create(job)),
      get: (jobId) => turn(() => table.get(jobId)),
      entries: {
        ...entries,
        get: (kind, key) => turn(() => entries.get(kind, key)),
        replace: (kind, known, draft) => turn(() => entries.replace(kind, known, draft)),
        listKeys: (kind, query) => turn(() => entries.listKeys(kind, query)),
      },
    },
  };
}

test('10,000 ticks make a job each, whatever clocks say and whichever process dies', { timeout: 300_000 }, async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  const chance = chances(seed);
  const { clock, table, core, request, present } = openStage();
  const deaths = { count: 0 };
  const schedule = await createSchedule(core, request());
  const processes = [unlucky(core, 5 * minute, chance, deaths), unlucky(core, -5 * minute, chance, deaths)];
  const ticks = 10_000;
  for (let tick = 0; tick < ticks + 10; tick += 1) {
    clock.now += minute;
    // Not both always: one may be away for some time.
    const here = processes.filter((_, index) => (Math.floor(tick / 7) + index) % 3 !== 0);
    await Promise.allSettled(here.map((process) => tickSchedules(process)));
  }
  // What a clock that is ahead has decided is due to a true one minutes later.
  clock.now += 10 * minute;
  await tickSchedules(core);
  const found = await present(schedule);
  const first = Date.parse('2026-03-28T00:01:00Z');
  const last = found?.last ?? 0;
  const expected = Array.from({ length: (last - first) / minute + 1 }, (_, index) => tickJobId(schedule, first + index * minute));
  process.stdout.write(`schedules: ${expected.length} ticks, ${deaths.count} deaths\n`);
  expect(expected.length, `SEED=${seed}`).toBeGreaterThanOrEqual(ticks);
  expect(deaths.count).toBeGreaterThan(1000);
  expect([...table.jobs.keys()].toSorted(), `SEED=${seed}`).toEqual(expected.toSorted());
});

test('are carried out by a process that knows no types, for jobs as the type has them', async () => {
  const { clock, table, core, request } = openStage();
  const limited = defineJobType({
    ...simulateWork,
    policy: { ...simulateWork.policy, attemptsPerReceive: 2, concurrency: { perKey: 1, key: (_params, owner) => `of ${owner}` } },
  });
  const schedule = await createSchedule(
    { ...core, jobTypes: createJobTypes([limited]) },
    request({ params: { payload: 1 }, tags: ['tag'] }),
  );
  clock.now = Date.parse('2026-03-28T00:01:00Z');
  await tickSchedules({ ...core, jobTypes: createJobTypes([]) });
  expect([...table.jobs.values()]).toMatchObject([
    { jobId: tickJobId(schedule, clock.now), type: 'simulate_work', tags: ['tag'], concurrencyKey: 'of owner', maxFailures: 6 },
  ]);
});

test('deleted and created again within one tick, it makes one job of that tick', async () => {
  const { clock, table, core, request } = openStage();
  const first = await createSchedule(core, request());
  await expect(createSchedule(core, request())).rejects.toMatchObject({ code: 'SCHEDULE_NAME_TAKEN' });
  clock.now = Date.parse('2026-03-28T00:01:00Z');
  await tickSchedules(core);
  const scheduleId = scheduleIdOf(first);
  await deleteSchedule(core, { owner: 'owner', scheduleId });
  const second = await createSchedule(core, request());
  expect(scheduleIdOf(second)).not.toBe(scheduleId);
  await tickSchedules(core);
  expect([...table.jobs.keys()]).toEqual([tickJobId(first, clock.now)]);
  await expect(deleteSchedule(core, { owner: 'owner', scheduleId })).rejects.toMatchObject({ code: 'SCHEDULE_NOT_FOUND' });
  clock.now += minute;
  await tickSchedules(core);
  expect([...table.jobs.keys()]).toEqual([tickJobId(first, clock.now - minute), tickJobId(second, clock.now)]);
});

test('after an update only jobs of the new kind come, after a pause and a deletion none', async () => {
  const { clock, table, core, request, present } = openStage();
  const schedule = await createSchedule(core, request({ params: { payload: 'x'.repeat(1000) } }));
  const which = { owner: 'owner', scheduleId: scheduleIdOf(schedule) };
  // One tick is due, and nobody has looked.
  clock.now += minute;
  await updateSchedule(core, which, { priority: 'HIGH', params: { payload: 'y'.repeat(1000) } });
  await tickSchedules(core);
  expect([...table.jobs.values()].map(({ priority }) => priority)).toEqual(['HIGH']);
  clock.now += minute;
  await pauseSchedule(core, which);
  await tickSchedules(core);
  clock.now += minute;
  await resumeSchedule(core, which);
  await tickSchedules(core);
  expect(table.jobs.size).toBe(1);
  const known = await present(schedule);
  expect(known === undefined ? [] : ticksOf(known).map(({ outcome }) => outcome)).toEqual(['SKIPPED_PAUSED', 'SKIPPED_PAUSED', 'CREATED']);
  clock.now += minute;
  await deleteSchedule(core, which);
  await tickSchedules(core);
  expect(table.jobs.size).toBe(1);
});

test('a tick that was decided by one who died is carried out by who updates', async () => {
  const { clock, table, core, request } = openStage();
  const schedule = await createSchedule(core, request());
  clock.now += minute;
  const dying: Core = { ...core, table: { ...table, create: () => Promise.reject(new JobError('TABLE_UNAVAILABLE')) } };
  expect(await tickSchedules(dying)).toEqual({ failed: 1 });
  await updateSchedule(core, { owner: 'owner', scheduleId: scheduleIdOf(schedule) }, { priority: 'LOW' });
  expect([...table.jobs.values()].map(({ jobId, priority }) => ({ jobId, priority }))).toEqual([
    { jobId: tickJobId(schedule, Date.parse('2026-03-28T00:01:00Z')), priority: 'NORMAL' },
  ]);
});

test('what a type no longer takes is missed, and said why', async () => {
  const { clock, table, core, request, present } = openStage();
  const schedule = await createSchedule(core, request());
  clock.now += minute;
  const { name, description, result } = simulateWork;
  const params = z.strictObject({ city: z.string() });
  const policy = { timeoutSeconds: 60 };
  const changed = defineJobType({ name, description, result, params, policy, example: { city: 'Berlin' } });
  await tickSchedules({ ...core, jobTypes: createJobTypes([changed]) });
  const known = await present(schedule);
  expect(known?.problem?.message).toMatch(/^params/);
  expect(known === undefined ? [] : ticksOf(known).map(({ outcome }) => outcome)).toEqual(['MISSED']);
  clock.now += minute;
  await tickSchedules(core);
  expect(table.jobs.size).toBe(1);
});

test.for([
  [{ cron: '0 0 30 2 *' }, /never comes/],
  [{ cron: '* * * * *', everySeconds: 5 }, /one of the two/],
  [{ cron: undefined }, /one of the two/],
  [{ cron: 'x' }, /5 or 6 fields/],
  [{ timeZone: 'Mars/Olympus' }, /time zone/],
  [{ jitterSeconds: 1e6 }, /jitterSeconds/],
  [{ cron: undefined, everySeconds: 0 }, /everySeconds/],
  [{ endsAt: start - 1 }, /never comes/],
  [{ startsAt: start + 2, endsAt: start + 1 }, /comes before/],
  [{ name: '' }, /name/],
  [{ params: { durationMs: 'long' } }, /params/],
] as const)('refuses %j', async ([changes, message]) => {
  const { core, request } = openStage();
  await expect(createSchedule(core, request(changes))).rejects.toThrow(message);
});
