/** Schedules over the API, by the typed client: made, carried out, changed, and nobody else’s. */
import { describe, expect, test } from 'vitest';
import { tickSchedules } from '../../core/usecases/tickSchedules.ts';
import { jwtSecret, tokenFor } from '../browser/tokenFor.ts';
import { clientOf } from '../client/clientOf.ts';
import { engines } from '../support/engines.ts';
import { startSystem } from '../support/startSystem.ts';
import { at, openApiSystem } from './apiSystem.ts';

describe.each(engines)('schedules, on %s', (engine) => {
  test('make a job at each of their times, until they are deleted', async () => {
    await using system = await startSystem({ engine });
    await using client = clientOf(system.url);
    const schedule = await client.createSchedule({
      name: 'each second',
      everySeconds: 1,
      type: 'simulate_work',
      params: { durationMs: 1, payload: 'x'.repeat(500) },
      tags: ['order 7', 'order 7', 'probe'],
      overlap: 'ALLOW_ALL',
    });
    expect(schedule.tags).toEqual(['order 7', 'probe']);
    expect(schedule).toMatchObject({ name: 'each second', spec: { cron: null, everySeconds: 1, timeZone: 'UTC' }, lastTick: null });
    expect(schedule.nextRuns).toHaveLength(5);
    const listed = async () => (await Array.fromAsync(client.jobs({ withPayloads: true }))).filter(({ status }) => status === 'SUCCEEDED');
    await expect.poll(async () => (await listed()).length, { timeout: 30_000 }).toBeGreaterThan(3);
    expect((await listed())[0]).toMatchObject({ params: { durationMs: 1, payload: 'x'.repeat(500) }, tags: schedule.tags });
    expect((await client.schedule(schedule.scheduleId)).lastTick).toMatchObject({ outcome: 'CREATED', job: {} });

    const deleted = await client.deleteSchedule(schedule.scheduleId);
    expect(deleted.scheduleId).toBe(schedule.scheduleId);
    await expect(client.schedule(schedule.scheduleId)).rejects.toMatchObject({ code: 'SCHEDULE_NOT_FOUND' });
    const { length } = await Array.fromAsync(client.jobs());
    await tickSchedules(system.core);
    expect(await Array.fromAsync(client.jobs())).toHaveLength(length);
  });

  test('are changed, paused, resumed and triggered', async () => {
    await using system = await startSystem({ engine, parts: ['server'] });
    await using client = clientOf(system.url);
    const input = { name: 'nightly', cron: '30 2 * * *', timeZone: 'Europe/Berlin', type: 'simulate_work', tags: ['night'] } as const;
    const { scheduleId } = await client.createSchedule(input);
    await expect(client.createSchedule(input)).rejects.toMatchObject({ code: 'SCHEDULE_NAME_TAKEN' });
    await expect(client.createSchedule({ ...input, name: 'never', cron: '0 0 30 2 *' })).rejects.toThrow(/^cron never comes/);

    const endsAt = '2030-01-01T00:00:00.000Z';
    const changed = await client.updateSchedule(scheduleId, { everySeconds: 3600, params: { payload: 1 }, overlap: 'BUFFER_ONE', endsAt });
    expect(changed).toMatchObject({ scheduleId, spec: { cron: null, everySeconds: 3600, timeZone: 'Europe/Berlin', endsAt } });
    expect(changed).toMatchObject({ params: { payload: 1 }, overlap: 'BUFFER_ONE', catchUp: 'ONCE', priority: 'NORMAL' });
    expect((await client.updateSchedule(scheduleId, { endsAt: null })).spec.endsAt).toBeNull();
    await expect(client.updateSchedule(scheduleId, { tags: [''] })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    // @ts-expect-error: it is a number.
    await expect(client.updateSchedule(scheduleId, { type: 'simulate_work', params: { durationMs: 'long' } })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });

    expect((await client.pauseSchedule(scheduleId)).isPaused).toBe(true);
    const job = await client.triggerSchedule<'simulate_work'>(scheduleId);
    expect(job).toMatchObject({ type: 'simulate_work', status: 'PENDING', params: { payload: 1 }, tags: ['night'] });
    expect((await client.updateSchedule(scheduleId, { tags: [] })).tags).toEqual([]);
    expect((await client.resumeSchedule(scheduleId)).isPaused).toBe(false);
  });

  test('are listed by name, page by page, and are their owner’s and admins’ alone', async () => {
    await using system = await openApiSystem({ engine, works: false, environment: { JWT_SECRET: jwtSecret } });
    await using alice = clientOf(system.url, { token: () => tokenFor('alice') });
    await using bob = clientOf(system.url, { token: () => tokenFor('bob') });
    await using admin = clientOf(system.url, { token: () => tokenFor('root', 'admin') });
    const names = Array.from({ length: 23 }, (_, index) => `schedule ${String(index).padStart(2, '0')}`);
    const created = await Promise.all(
      names.toReversed().map((name) => alice.createSchedule({ name, cron: '@daily', type: 'simulate_work', params: { payload: 'MARK' } })),
    );
    await expect.poll(async () => (await Array.fromAsync(alice.schedules())).map(({ name }) => name)).toEqual(names);
    expect(await Array.fromAsync(bob.schedules())).toEqual([]);
    await expect(Array.fromAsync(bob.schedules({ owner: 'alice' }))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await Array.fromAsync(admin.schedules({ owner: 'alice' }))).toHaveLength(names.length);

    const scheduleId = created[0]?.scheduleId ?? '';
    const attempts = [
      bob.schedule(scheduleId),
      bob.updateSchedule(scheduleId, { priority: 'HIGH' }),
      bob.pauseSchedule(scheduleId),
      bob.resumeSchedule(scheduleId),
      bob.triggerSchedule(scheduleId),
      bob.deleteSchedule(scheduleId),
      bob.schedule('none'),
    ];
    for (const attempt of await Promise.allSettled(attempts)) {
      expect(attempt).toMatchObject({ status: 'rejected', reason: { code: 'SCHEDULE_NOT_FOUND' } });
    }
    // Another owner may use the same name.
    await bob.createSchedule({ name: names[0] ?? '', cron: '@daily', type: 'simulate_work' });
    expect((await admin.pauseSchedule(scheduleId)).isPaused).toBe(true);

    const authorization = { authorization: `Bearer ${await tokenFor('alice')}` };
    const { body } = await system.request(
      '{ schedules(first: 1) { edges { node { owner ticks(first: 3) { at } nextRuns(first: 2) } } } }',
      {},
      authorization,
    );
    expect(at(body, 'data', 'schedules', 'edges', 0, 'node')).toMatchObject({
      owner: 'alice',
      ticks: [],
      nextRuns: { length: 2 },
    });
    const { body: refused } = await system.request('{ schedules(after: "x") { edges { cursor } } }', {}, authorization);
    expect(at(refused, 'errors', 0, 'extensions', 'code')).toBe('BAD_USER_INPUT');
  });
});
