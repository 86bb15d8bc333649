/** Limits of a type while workers are killed with -9 and clocks are wrong: never more than allowed, and no slot stays taken. */
import { expect, test } from 'vitest';
import { totalKey } from '../../core/typeLimits.ts';
import { slotsKind } from '../../core/usecases/holdSlot.ts';
import { setLimits } from '../../core/usecases/setLimits.ts';
import { checkHistory } from './historyChecker.ts';
import { openStage, type Actor, type Stage } from './stage.ts';
import { setsStatus } from './tableWrites.ts';

const isLong = process.env['FAULTS'] === 'long';
const type = 'simulate_work';

/** The most jobs that were PROCESSING at one moment, by the order of the writes. */
function mostRunning({ writes }: Pick<Stage, 'writes'>): number {
  const running = new Set<string>();
  let most = 0;
  for (const { jobId, status, isTransition } of writes) {
    if (!isTransition) continue;
    if (status === 'PROCESSING') running.add(jobId);
    else running.delete(jobId);
    most = Math.max(most, running.size);
  }
  return most;
}

/** Received as they are written: polling would slow the workers' writes down. */
const ended = ({ writes }: Pick<Stage, 'writes'>): number =>
  writes.filter(({ status, isTransition }) => isTransition && status === 'SUCCEEDED').length;

const kills = 100;

test.runIf(isLong)(
  `of three at once there is never a fourth while workers are killed ${kills} times, and all slots come free`,
  { timeout: 600_000 },
  async (context) => {
    await using stage = await openStage(context, { env: { WORKER_CONCURRENCY: '4', MAX_RECEIVE_COUNT: '100' } });
    await setLimits(stage.core, type, { concurrency: { total: 3 } });
    await stage.start('lambdas');
    const workers: Actor[] = await Promise.all([0, 1, 2].map(() => stage.start('worker')));
    const jobIds: string[] = [];
    for (let killed = 0; killed < kills; killed += 1) {
      for (let more = 0; more < 3; more += 1) jobIds.push((await stage.create({ params: { durationMs: 150 } })).jobId);
      const before = stage.writes.length;
      // In the middle of something, whatever it is.
      await expect.poll(() => stage.writes.length, { interval: 5, timeout: 30_000 }).toBeGreaterThan(before + (killed % 5));
      const [victim] = workers.splice(killed % workers.length, 1);
      await victim?.kill();
      workers.push(await stage.start('worker'));
    }
    await expect.poll(() => ended(stage), { timeout: 120_000, interval: 200 }).toBe(jobIds.length);
    expect(mostRunning(stage)).toBe(3);
    await expect
      .poll(async () => (await stage.core.table.entries.get(slotsKind, totalKey(type)))?.value.holders ?? {}, { timeout: 20_000 })
      .toEqual({});
    expect(checkHistory(await stage.history())).toEqual([]);
  },
);

/** A process whose clock is off. */
const clockOffBy = (ms: number) => ({
  NODE_OPTIONS: `--import="data:text/javascript,const now=Date.now;Date.now=()=>now()+(${ms})"`,
});

test.runIf(isLong)(
  'of 20 starts in 2 seconds no window holds more, by four workers with wrong clocks, of which some are killed',
  { timeout: 240_000 },
  async (context) => {
    await using stage = await openStage(context, { env: { WORKER_CONCURRENCY: '8', MAX_RECEIVE_COUNT: '100' } });
    const rate = { starts: 20, seconds: 2, burst: 5 };
    await setLimits(stage.core, type, { rate });
    await stage.start('lambdas');
    const starts: number[] = [];
    async function startWorker(offMs: number): Promise<Actor> {
      const worker = await stage.start('worker', clockOffBy(offMs));
      worker.table.observe(({ operation, body }, { status }) => {
        if (operation === 'UpdateItem' && status === 200 && setsStatus('PROCESSING')(body)) starts.push(performance.now());
      });
      return worker;
    }
    const workers = await Promise.all([300_000, -300_000, 60_000, 0].map(startWorker));
    const jobs = 600;
    const create = (count: number) => Promise.all(Array.from({ length: count }, () => stage.create({ params: { durationMs: 10 } })));
    // Until all have learnt the time.
    await create(40);
    await expect.poll(() => ended(stage), { timeout: 60_000 }).toBe(40);
    starts.length = 0;
    await create(jobs);
    for (let kill = 0; kill < 2; kill += 1) {
      await expect.poll(() => starts.length, { timeout: 60_000 }).toBeGreaterThan((jobs / 4) * (kill + 1));
      await workers[kill]?.kill();
    }
    await expect.poll(() => ended(stage), { timeout: 120_000, interval: 200 }).toBe(40 + jobs);
    const sorted = starts.toSorted((a, b) => a - b);
    const fullest = Math.max(...sorted.map((from) => sorted.filter((at) => at >= from && at < from + rate.seconds * 1000).length));
    const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
    const used = starts.length / (((last - first) / 1000) * (rate.starts / rate.seconds));
    process.stdout.write(
      `starts: ${starts.length} in ${Math.round(last - first)} ms, ${fullest} in the fullest window, ${used.toFixed(3)} used\n`,
    );
    expect(fullest).toBeLessThanOrEqual(rate.starts + rate.burst);
    // A start that a killed worker was given is lost with it.
    expect(used).toBeGreaterThanOrEqual(0.95);
  },
);
