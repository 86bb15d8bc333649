import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFinal, type JobStatus } from '../job.ts';
import type { JobEvent } from './event.ts';
import { all, follow, setup, take, versions } from './testJobStream.ts';
import type { WatchedEvent } from './watch.ts';

describe('a watcher of a job', () => {
  test('ends at once, without a read, where the hint of the end carries the record', async () => {
    const { open, step, deliver, record, reads, counts, scheduled } = await setup();
    const watch = (await open()).watch({});
    deliver(step('PROCESSING'));
    deliver(step('SUCCEEDED'), record());
    expect(versions(await all(watch))).toEqual([1, 2, 3]);
    expect([reads(), scheduled(), counts.repairs]).toEqual([1, 0, 0]);
  });

  test('gets no version twice from an old record that comes late with its hint', async () => {
    const { open, step, deliver, record } = await setup();
    const stream = await open();
    const failed = step('FAILED_FINAL');
    const old = record();
    deliver(step('PENDING'), record());
    const watch = stream.watch({ afterVersion: 2 });
    expect(versions(await take(watch, 1))).toEqual([3]);
    deliver(failed, old);
    deliver(step('PROCESSING'));
    expect(versions(await take(watch, 1))).toEqual([4]);
  });

  test('gets the present state first, then each transition, and completes after the final one', async () => {
    const { open, step, deliver } = await setup();
    const seen = all((await open()).watch({}));
    deliver(step('PROCESSING'));
    deliver(step('SUCCEEDED'));
    expect((await seen).map(({ status, recovered }) => [status, recovered])).toEqual([
      ['PENDING', undefined],
      ['PROCESSING', undefined],
      ['SUCCEEDED', undefined],
    ]);
  });

  test('counts each transition once, however many watch, and no progress', async () => {
    const { open, step, deliver, counts } = await setup();
    const stream = await open();
    const seen = [all(stream.watch({})), all(stream.watch({}))];
    const running = step('PROCESSING', { progress: 10 });
    deliver(running);
    deliver({ ...running, progress: 20 });
    deliver(running);
    deliver(step('SUCCEEDED'));
    await Promise.all(seen);
    expect(counts.transitions).toBe(2);
  });

  test('gets from history what a lost hint would have brought, marked as recovered', async () => {
    const { open, step, deliver, counts } = await setup();
    const seen = all((await open()).watch({}));
    step('PROCESSING');
    deliver(step('SUCCEEDED'));
    expect((await seen).map(({ version, recovered }) => [version, recovered])).toEqual([
      [1, undefined],
      [2, true],
      [3, true],
    ]);
    expect(counts).toMatchObject({ repairs: 2, transitions: 2 });
  });

  test('gets what came after `afterVersion`, and nothing where the job ended there', async () => {
    const { open, step } = await setup();
    step('PROCESSING');
    step('SUCCEEDED');
    const stream = await open();
    const resumed = stream.watch({ afterVersion: 1 });
    const ended = stream.watch({ afterVersion: 3 });
    expect(versions(await all(resumed))).toEqual([2, 3]);
    expect(await all(ended)).toEqual([]);
  });

  test('learns by `recovered: false` that versions before this one are lost', async () => {
    const { open, step } = await setup();
    for (let times = 0; times < 60; times += 1) step(times % 2 === 0 ? 'PROCESSING' : 'PENDING');
    step('SUCCEEDED');
    const events = await all((await open()).watch({ afterVersion: 2 }));
    expect(events[0]).toMatchObject({ version: 13, recovered: false });
    expect(events.at(-1)).toMatchObject({ version: 62, status: 'SUCCEEDED' });
    expect(events).toHaveLength(50);
  });

  test('gets only the latest progress when it reads slowly, and no progress twice', async () => {
    const { open, step, deliver } = await setup();
    const events = (await open()).watch({});
    const processing = step('PROCESSING');
    deliver(processing);
    await events.next();
    for (const progress of [10, 20, 30]) deliver({ ...processing, at: processing.at + progress, progress });
    deliver({ ...processing, at: processing.at + 20, progress: 20 });
    expect((await events.next()).value).toMatchObject({ version: 2, progress: 30 });
    deliver({ ...step('SUCCEEDED'), at: processing.at + 100 });
    expect((await events.next()).value).toMatchObject({ version: 3, status: 'SUCCEEDED' });
  });

  test('is served by the table while the feed is away', async () => {
    const { open, step, interrupt } = await setup();
    const seen = all((await open()).watch({}));
    interrupt(false);
    step('PROCESSING');
    step('SUCCEEDED');
    expect(versions(await seen)).toEqual([1, 2, 3]);
  });

  test('catches up when the feed returns', async () => {
    const { open, step, interrupt } = await setup({ pollMs: 60_000 });
    const seen = all((await open()).watch({}));
    interrupt(false);
    step('PROCESSING');
    step('SUCCEEDED');
    interrupt(true);
    expect(versions(await seen)).toEqual([1, 2, 3]);
  });

  test('learns that the job is gone', async () => {
    const { open, deleteJob, interrupt } = await setup();
    const seen = all((await open()).watch({}));
    deleteJob();
    interrupt(true);
    await expect(seen).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  test('ends when its signal fires, and the last one to leave ends the subscription', async () => {
    const { open, counts, isSubscribed } = await setup();
    const stream = await open();
    const aborter = new AbortController();
    const first = all(stream.watch({ signal: aborter.signal }));
    const second = stream.watch({});
    aborter.abort();
    expect(versions(await first)).toEqual([1]);
    expect(isSubscribed()).toBe(true);
    await second.return?.();
    await second.return?.();
    expect([counts.idle, isSubscribed()]).toEqual([1, false]);
  });

  test('gets everything after an ended version of a job that was retried since', async () => {
    const { open, step } = await setup();
    for (const status of ['PROCESSING', 'FAILED_FINAL', 'PENDING', 'PROCESSING', 'SUCCEEDED'] as const) step(status);
    const stream = await open();
    const [afterEnd, fromBefore, fromNow] = [stream.watch({ afterVersion: 3 }), stream.watch({ afterVersion: 1 }), stream.watch({})];
    expect(versions(await all(afterEnd))).toEqual([4, 5, 6]);
    expect(versions(await all(fromBefore))).toEqual([2, 3, 4, 5, 6]);
    expect(versions(await all(fromNow))).toEqual([6]);
  });

  test('waits for a read of the record before it is sent an end, where the job may have been retried', async () => {
    const { open, step, deliver, breakTable } = await setup();
    const stream = await open();
    const slow = stream.watch({});
    step('PROCESSING');
    deliver(step('FAILED_FINAL'));
    expect(versions(await take(slow, 2))).toEqual([1, 2]);
    step('PENDING');
    breakTable(true);
    await expect(stream.refresh({ afterVersion: 3 })).rejects.toMatchObject({ code: 'TABLE_UNAVAILABLE' });
    breakTable(false);
    await stream.refresh({ afterVersion: 3 });
    expect(versions(await take(stream.watch({ afterVersion: 3 }), 1))).toEqual([4]);
  });

  test('gets no progress that is behind what it already has, neither from the table nor from a late hint', async () => {
    const { open, step, deliver, interrupt, save, reads } = await setup();
    const stream = await open();
    const seen: WatchedEvent[] = [];
    const watching = follow(stream.watch({}), seen);
    const running = step('PROCESSING');
    deliver(running);
    deliver({ ...running, previousStatus: undefined, at: running.at + 1, progress: 44 });
    save(22);
    interrupt(true);
    await expect.poll(reads, { interval: 1 }).toBe(2);
    deliver({ ...running, previousStatus: undefined, at: running.at + 9, progress: 30 });
    save(60);
    interrupt(true);
    await expect.poll(() => seen.at(-1)?.progress, { interval: 1 }).toBe(60);
    deliver(step('SUCCEEDED'));
    await watching;
    expect(seen.map(({ version, progress, previousStatus }) => [version, progress, previousStatus])).toEqual([
      [1, undefined, undefined],
      [2, 44, 'PENDING'],
      [2, 60, 'PENDING'],
      [3, 60, 'PROCESSING'],
    ]);
  });

  test('gets, when it resumes, no progress that was written before it came: on another server it may have seen more', async () => {
    const { open, step, deliver, save } = await setup();
    const running = step('PROCESSING');
    save(22);
    const stream = await open();
    const [resumed, fresh] = [stream.watch({ afterVersion: 2 }), stream.watch({})];
    expect(resumed.take()).toBeUndefined();
    expect(fresh.take()).toMatchObject({ version: 2, progress: 22 });
    deliver({ ...running, at: running.at + 1, progress: 46 });
    expect(resumed.take()).toMatchObject({ version: 2, progress: 46 });
  });

  test('learns of an end whose hint was lost, though no further hint comes', async () => {
    const { open, step, counts } = await setup({ silenceMs: 100 });
    const seen = all((await open()).watch({}));
    step('PROCESSING');
    step('SUCCEEDED');
    expect(versions(await seen)).toEqual([1, 2, 3]);
    expect(counts).toMatchObject({ repairs: 2, transitions: 2 });
  });

  test('is no reason to read once the job has ended, and is one again when it is retried', async () => {
    const { open, step, deliver, scheduled } = await setup({ silenceMs: 100 });
    const stream = await open();
    const slow = stream.watch({});
    expect(scheduled()).toBe(1);
    deliver(step('CANCELLED'));
    await expect.poll(scheduled).toBe(0);
    deliver(step('PENDING'));
    await expect.poll(scheduled).toBe(1);
    await slow.return?.();
    expect(scheduled()).toBe(0);
  });

  test('ends alone when its listener throws; the others go on', async () => {
    const { open, step, deliver } = await setup();
    const stream = await open();
    const [bad, good] = [stream.watch({}), stream.watch({})];
    bad.listen({
      onChange() {
        throw new Error('a listener that throws');
      },
    });
    good.take();
    deliver(step('PROCESSING'));
    deliver(step('SUCCEEDED'));
    expect(versions(await all(good))).toEqual([2, 3]);
    expect(bad.ending()).toMatchObject({ message: 'a listener that throws' });
  });

  test('causes no read of its own: a thousand watchers of a gap share one', async () => {
    const { open, step, deliver, reads } = await setup();
    const stream = await open();
    const watchers = Array.from({ length: 1000 }, () => all(stream.watch({})));
    step('PROCESSING');
    deliver(step('SUCCEEDED'));
    for (const seen of watchers) expect(versions(await seen)).toEqual([1, 2, 3]);
    expect(reads()).toBe(2);
  });

  test('sees every version once and in order, whatever the feed loses, doubles and reorders', async () => {
    const path = fc.array(fc.constantFrom<JobStatus>('PROCESSING', 'PENDING'), { maxLength: 12 });
    const fate = fc.array(fc.record({ lose: fc.boolean(), twice: fc.boolean(), late: fc.nat(3) }), { minLength: 20, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(path, fate, fc.nat(12), fc.boolean(), async (statuses, fates, joinAt, pause) => {
        const { open, step, deliver, interrupt, version } = await setup({ pollMs: 1 });
        const stream = await open();
        const watchers = [all(stream.watch({}))];
        const late: { at: number; event: JobEvent }[] = [];
        for (const [index, status] of [...statuses, 'SUCCEEDED' as const].entries()) {
          if (index === joinAt) watchers.push(all(stream.watch({ afterVersion: 1 })));
          const event = step(status);
          const { lose = false, twice = false, late: delay = 0 } = fates[index] ?? {};
          if (!lose) late.push({ at: index + delay, event });
          if (twice) late.push({ at: index + delay + 1, event });
          for (const hint of late.filter(({ at }) => at === index)) deliver(hint.event);
          if (pause) await new Promise((resolve) => setImmediate(resolve));
        }
        // In the end the relay, or a reconnect, brings it.
        interrupt(true);
        for (const seen of watchers) {
          const events = await seen;
          const expected = Array.from({ length: version() ?? 0 }, (_, index) => index + 1).slice(-events.length);
          expect(versions(events)).toEqual(expected);
          expect(events.every(({ recovered }) => recovered !== false)).toBe(true);
          expect(isFinal(events.at(-1)?.status ?? 'PENDING')).toBe(true);
        }
        expect((await watchers[0])?.length).toBe(version());
      }),
      { numRuns: 200 },
    );
  });
});
