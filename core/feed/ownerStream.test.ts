import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JobEvent } from './event.ts';
import { setup, take } from './testOwnerStream.ts';
import type { Watch } from './watch.ts';

describe('a watcher of an owner', () => {
  test('gets every transition of every job once and in order, though hints are doubled, lost and reordered', async () => {
    const { open, create, step, deliver, counts } = setup();
    const watch = (await open()).watch({});
    const a = create();
    const b = create();
    const [a2, b2, a3] = [step(a.jobId, 'PROCESSING'), step(b.jobId, 'PROCESSING'), step(a.jobId, 'SUCCEEDED')];
    // Of a job that is not known yet everything is read.
    const known = create();
    deliver(known);
    await take(watch, 1);
    const [known2, known3] = [step(known.jobId, 'PROCESSING'), step(known.jobId, 'SUCCEEDED')];
    for (const hint of [a, a, known3, b, b2, a3, known2, a2, b, a3]) deliver(hint);
    const seen = await take(watch, 7);
    expect(seen.filter(([jobId]) => jobId === known.jobId)).toEqual([2, 3].map((version) => [known.jobId, version]));
    expect(seen.filter(([jobId]) => jobId === a.jobId)).toEqual([1, 2, 3].map((version) => [a.jobId, version]));
    expect(seen.filter(([jobId]) => jobId === b.jobId)).toEqual([1, 2].map((version) => [b.jobId, version]));
    expect(counts.repairs).toBe(2);
  });

  test('gets events at once, and without a read, where the hints carry the record', async () => {
    const { open, create, step, deliver, record, breakTable, counts } = setup();
    const watch = (await open()).watch({});
    breakTable();
    const job = create();
    const [created, running] = [record(job.jobId), step(job.jobId, 'PROCESSING')];
    const ended = step(job.jobId, 'SUCCEEDED');
    deliver(job, created);
    expect(watch.take()).toMatchObject({ version: 1, recovered: undefined });
    deliver(running);
    expect(watch.take()).toMatchObject({ version: 2, recovered: undefined });
    deliver(ended, record(job.jobId));
    expect(watch.take()).toMatchObject({ version: 3, status: 'SUCCEEDED', recovered: undefined });
    expect(counts).toEqual({ idle: 0, repairs: 0 });
  });

  test('gets no transition twice or too early from an old record that comes late with its hint', async () => {
    const { open, create, step, deliver, record } = setup();
    const watch = (await open()).watch({});
    const job = create();
    deliver(job, record(job.jobId));
    const failed = step(job.jobId, 'FAILED_FINAL');
    const old = record(job.jobId);
    const retried = step(job.jobId, 'PENDING');
    deliver(retried, record(job.jobId));
    for (let time = 0; time < 2; time += 1) deliver(failed, old);
    deliver(step(job.jobId, 'PROCESSING'));
    expect(await take(watch, 4)).toEqual([1, 2, 3, 4].map((version) => [job.jobId, version]));
  });

  test('gets only what it chose, each transition once and in order, while another watcher gets everything', async () => {
    const { open, create, step, deliver } = setup();
    const stream = await open();
    const all = stream.watch({});
    const tagged = stream.watch({ chooses: (_event, { tags }) => tags?.includes('order 7') === true });
    const ended = stream.watch({ chooses: ({ status }, { type }) => status === 'SUCCEEDED' && type === 'simulate_work' });
    const a = create({ tags: ['order 7', 'x'] });
    const b = create({ type: 'transform_data' });
    const [a2, b2, b3, a3] = [
      step(a.jobId, 'PROCESSING'),
      step(b.jobId, 'PROCESSING'),
      step(b.jobId, 'SUCCEEDED'),
      step(a.jobId, 'SUCCEEDED'),
    ];
    for (const hint of [b, a, b3, a3, b2, a2, a3]) deliver(hint);
    expect(await take(all, 6)).toHaveLength(6);
    expect(await take(tagged, 3)).toEqual([1, 2, 3].map((version) => [a.jobId, version]));
    expect(await take(ended, 1)).toEqual([[a.jobId, 3]]);
    stream.fail(new Error('the end'));
    for (const watch of [all, tagged, ended]) await expect(watch.next()).rejects.toThrow('the end');
  });

  test('does not get again what happened to a job before the watch began', async () => {
    const { open, create, step, deliver } = setup();
    const longAgo = Date.now() - 60_000;
    const job = create({ createdAt: longAgo });
    step(job.jobId, 'PROCESSING', longAgo + 1);
    const watch = (await open()).watch({});
    deliver(step(job.jobId, 'SUCCEEDED'));
    expect(await take(watch, 1)).toEqual([[job.jobId, 3]]);
  });

  test('gets each transition once though tens of thousands of other jobs come between two of one job', async () => {
    const { open, create, step, deliver } = setup();
    const watch = (await open()).watch({});
    const job = create();
    deliver(job);
    const begun = step(job.jobId, 'PROCESSING');
    deliver(begun);
    const told = [...(await take(watch, 2))];
    for (let count = 0; count < 20_001; count += 1) {
      deliver(create());
      await take(watch, 1);
    }
    const ended = step(job.jobId, 'SUCCEEDED');
    for (const hint of [job, begun, ended, begun, ended]) deliver(hint);
    told.push(...(await take(watch, 1)));
    deliver(create({ jobId: 'last' }));
    expect([...told, ...(await take(watch, 1))]).toEqual([...[1, 2, 3].map((version) => [job.jobId, version]), ['last', 1]]);
  });

  test('gets from the record what happened to a job since it was dropped from memory', async () => {
    let time = 1000;
    const { open, create, step, deliver } = setup({ now: () => time, maxJobs: 2 });
    const watch = (await open()).watch({});
    const job = create({ createdAt: time });
    deliver(job);
    for (let count = 0; count < 9; count += 1) deliver(create({ createdAt: (time += 1) }));
    await take(watch, 10);
    step(job.jobId, 'PROCESSING', (time += 1));
    deliver(step(job.jobId, 'SUCCEEDED', (time += 1)));
    expect(await take(watch, 2)).toEqual([2, 3].map((version) => [job.jobId, version]));
  });

  test('does not get from the relay, hours late, what happened before the watch began', async () => {
    const { open, create, step, deliver } = setup();
    const anHourAgo = Date.now() - 3_600_000;
    const created = create({ createdAt: anHourAgo });
    const copies = [created, step(created.jobId, 'PROCESSING', anHourAgo + 1), step(created.jobId, 'FAILED_FINAL', anHourAgo + 2)];
    const waiting = create({ createdAt: anHourAgo });
    const watch = (await open()).watch({});
    for (const copy of [...copies, waiting]) deliver(copy);
    deliver(step(waiting.jobId, 'PROCESSING'));
    deliver(step(created.jobId, 'PENDING'));
    expect(new Map(await take(watch, 2))).toEqual(
      new Map([
        [created.jobId, 4],
        [waiting.jobId, 2],
      ]),
    );
  });

  test('gets no progress from before the watch, and none twice, though hints come late and doubled', async () => {
    const { open, create, step, deliver } = setup();
    const watch = (await open()).watch({});
    const job = create();
    deliver(job);
    const running = step(job.jobId, 'PROCESSING');
    deliver(running);
    const begun = [(await watch.next()).value, (await watch.next()).value];
    for (const progress of [10, 44, 22, 44, 50]) deliver({ ...running, previousStatus: undefined, at: running.at + progress, progress });
    const told = [...begun, (await watch.next()).value, (await watch.next()).value, (await watch.next()).value];
    expect(told.map((event) => [event?.version, event?.progress, event?.previousStatus])).toEqual([
      [1, undefined, undefined],
      [2, undefined, 'PENDING'],
      [2, 10, 'PENDING'],
      [2, 44, 'PENDING'],
      [2, 50, 'PENDING'],
    ]);
  });

  test('gets every version once and in order, or learns that it may have missed some, whatever is late, doubled or dropped', async () => {
    const fate = fc.record({ job: fc.nat(7), status: fc.nat(1), late: fc.oneof(fc.constant(0), fc.nat(40)), again: fc.nat(60) });
    let whole = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { maxLength: 80 }), fc.integer({ min: 1, max: 6 }), fc.nat(10), async (fates, maxJobs, beginAt) => {
        let time = 1000;
        const { open, create, step, deliver, record } = setup({ now: () => time, maxJobs });
        const due: { readonly at: number; readonly hint: JobEvent }[] = [];
        const ids: (string | undefined)[] = [];
        const told: [string, number][] = [];
        let watch: Watch | undefined;
        let since = 0;
        let end = 'left';
        const follow = async (watched: Watch): Promise<void> => {
          try {
            for await (const { jobId, version } of watched) told.push([jobId, version]);
          } catch {
            end = 'interrupted';
          }
        };
        for (const [index, { job, status, late, again }] of fates.entries()) {
          if (index === beginAt) {
            since = time += 1;
            watch = (await open()).watch({});
            void follow(watch);
          }
          time += 1;
          const known = ids[job];
          const hint = known === undefined ? create({ createdAt: time }) : step(known, status === 0 ? 'PENDING' : 'PROCESSING', time);
          ids[job] = hint.jobId;
          due.push({ at: index + late, hint }, { at: index + again, hint });
          for (const one of due) if (one.at === index) deliver(one.hint);
          await new Promise((resolve) => setImmediate(resolve));
        }
        for (const one of due) if (one.at >= fates.length) deliver(one.hint);
        await new Promise((resolve) => setTimeout(resolve, 1));
        for (const id of ids) {
          if (id === undefined || watch === undefined) continue;
          const { history = [] } = record(id) ?? {};
          const owed = history.filter(({ at }) => at >= since).map(({ version }) => version);
          const seen = told.filter(([jobId]) => jobId === id).map(([, version]) => version);
          if (end === 'left') expect(seen).toEqual(owed);
          else expect(seen).toEqual(owed.filter((version) => seen.includes(version)));
        }
        if (end === 'left') whole += 1;
        await watch?.return();
      }),
      { numRuns: 300 },
    );
    expect(whole).toBeGreaterThan(50);
  });

  test('ends alone when its listener throws; the others go on', async () => {
    const { open, create, deliver } = setup();
    const stream = await open();
    const [bad, good] = [stream.watch({}), stream.watch({})];
    bad.listen({
      onChange() {
        throw new Error('a listener that throws');
      },
    });
    const job = create();
    deliver(job);
    expect(await take(good, 1)).toEqual([[job.jobId, 1]]);
    expect(bad.ending()).toMatchObject({ message: 'a listener that throws' });
  });

  test('gets progress between transitions', async () => {
    const { open, create, step, deliver } = setup();
    const watch = (await open()).watch({});
    const job = create();
    deliver(job);
    const processing = step(job.jobId, 'PROCESSING');
    deliver(processing);
    deliver({ ...processing, at: processing.at + 1, progress: 50 });
    expect(await take(watch, 3)).toEqual([1, 2, 2].map((version) => [job.jobId, version]));
  });

  test.each([
    ['the feed was interrupted', ({ interrupt }: ReturnType<typeof setup>) => interrupt()],
    [
      'a gap could not be read',
      ({ create, step, deliver, breakTable }: ReturnType<typeof setup>) => {
        const { jobId } = create();
        step(jobId, 'PROCESSING');
        breakTable();
        deliver(step(jobId, 'SUCCEEDED'));
      },
    ],
    [
      'it reads too slowly',
      ({ create, deliver }: ReturnType<typeof setup>) => {
        for (let count = 0; count < 3000; count += 1) deliver(create());
      },
    ],
  ])('ends with FEED_INTERRUPTED when %s, and never without an error', async (_when, happen) => {
    const subject = setup();
    const watch = (await subject.open()).watch({});
    happen(subject);
    await expect(Array.fromAsync(watch)).rejects.toMatchObject({ code: 'FEED_INTERRUPTED' });
    expect(subject.counts.idle).toBe(1);
  });

  test('is refused while the feed is away', async () => {
    const { open, disconnect } = setup();
    disconnect();
    await expect(open()).rejects.toMatchObject({ code: 'FEED_INTERRUPTED' });
  });

  test('gets what was there before an interruption, and then the error', async () => {
    const { open, create, step, deliver, interrupt } = setup();
    const watch = (await open()).watch({});
    const job = create();
    deliver(job);
    expect(await take(watch, 1)).toEqual([[job.jobId, 1]]);
    deliver(step(job.jobId, 'PROCESSING'));
    interrupt();
    expect(await take(watch, 1)).toEqual([[job.jobId, 2]]);
    await expect(watch.next()).rejects.toMatchObject({ code: 'FEED_INTERRUPTED' });
  });
});
