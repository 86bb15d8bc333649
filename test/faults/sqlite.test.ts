/** The table on SQLite: killed in the middle of writing, cut off, on a full disk, damaged, old, and large. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { exactly, systemClock } from '../../core/clock.ts';
import { openSqliteTable, type SqliteTable } from '../../core/table/sqlite/table.ts';
import { reasonOf } from '../../runtime/reason.ts';
import { inline, makeJob } from '../support/jobFactory.ts';
import { createChance } from './chance.ts';
import { mountDisk } from './disk.ts';

async function openFolder() {
  const path = await mkdtemp(join(tmpdir(), 'job-tickets-sqlite-'));
  return { file: join(path, 'jobs.sqlite'), [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const openTable = (file: string): Promise<SqliteTable> => openSqliteTable({ file, jobTtlDays: 30, clock: systemClock });

/** Lets a process write until it has had so many answers, and kills it. Returns the answers that it reported. */
async function writeUntilKilled(file: string, answers: number): Promise<readonly Told[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sqliteWriter.ts'), file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const told: Told[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [owner = '', jobId = '', version = ''] = line.split(' ');
    // The last line may have been cut off.
    if (version !== '') told.push({ owner, jobId, version: Number(version) });
    if (told.length === answers) child.kill('SIGKILL');
  }
  await exited;
  return told;
}

interface Told {
  readonly owner: string;
  readonly jobId: string;
  readonly version: number;
}

function checkFile(file: string): void {
  const database = new DatabaseSync(file);
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  database.close();
}

test('killed at random points of its writes, it keeps every write that was answered', async (context) => {
  const chance = createChance(context);
  await using folder = await openFolder();
  const told: Told[] = [];
  for (let life = 0; life < 5; life += 1) {
    told.push(...(await writeUntilKilled(folder.file, 1 + Math.floor(chance() * 800))));
    checkFile(folder.file);
    const table = await openTable(folder.file);
    const versions = new Map(told.map(({ jobId, version }) => [jobId, version]));
    for (const [jobId, version] of versions) expect((await table.get(jobId))?.version).toBeGreaterThanOrEqual(version);
    await table.close();
  }
});

test('with its log cut off at any byte, it opens, and holds what was written before that: nothing later, nothing half', async (context) => {
  const chance = createChance(context);
  await using folder = await openFolder();
  const told = await writeUntilKilled(folder.file, 300);
  const wal = `${folder.file}-wal`;
  const { size } = await stat(wal);
  await truncate(wal, Math.floor(chance() * size));
  checkFile(folder.file);
  const table = await openTable(folder.file);
  for (const owner of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
    const own = told.filter((one) => one.owner === owner);
    const kept = await Promise.all(own.map(async ({ jobId, version }) => ((await table.get(jobId))?.version ?? 0) >= version));
    // Each owner's writes came one after the other.
    expect(kept).toEqual(kept.toSorted((a, b) => Number(b) - Number(a)));
  }
  await table.close();
});

test('what was answered early is shown to nobody before it is on the disk, where it comes by itself', async () => {
  await using folder = await openFolder();
  const table = await openTable(folder.file);
  for (let time = 0; time < 20; time += 1) {
    const { jobId } = makeJob();
    await table.create(makeJob({ jobId }));
    const now = exactly(Date.now());
    const changes = { claim: { id: 'claim', expiresAt: now.high + 1000 } };
    const { ok, durable } = await table.transition('claim', jobId, { facts: { now, version: 1 }, attempt: 1, changes, early: true });
    let isDurable = false;
    void durable?.then(() => (isDurable = true));
    expect([ok, isDurable]).toEqual([true, false]);
    // By a thread of its own, which sees at once what the other has written.
    const [one, [another]] = await Promise.all([table.get(jobId), table.getMany([jobId])]);
    expect([one?.version, another?.version, isDurable]).toEqual([2, 2, true]);
  }
  await table.close();
});

test('a claim is answered before the writes of its group are on the disk, but not before its own job is on the disk', async () => {
  await using folder = await openFolder();
  const table = await openTable(folder.file);
  const [before, other] = [makeJob(), makeJob()];
  await table.create(before);
  const told: string[] = [];
  const claim = async (jobId: string, name: string): Promise<void> => {
    const facts = { now: exactly(Date.now()), version: 1 };
    const { ok, durable } = await table.transition('claim', jobId, { facts, attempt: 1, early: true });
    told.push(`${name} claimed: ${ok}, ${durable === undefined ? 'on the disk' : 'early'}`);
  };
  const creating = table.create(other).then(() => told.push('other created'));
  await Promise.all([creating, claim(other.jobId, 'other'), claim(before.jobId, 'before')]);
  expect(told).toEqual(['before claimed: true, early', 'other created', 'other claimed: true, on the disk']);
  await table.close();
});

test('finds whatever was asked of it before, answered or not', async () => {
  await using folder = await openFolder();
  const table = await openTable(folder.file);
  const claimed = (jobId: string) =>
    table.transition('claim', jobId, { facts: { now: exactly(Date.now()), version: 1 }, attempt: 1, early: true });
  // In one turn of the loop, in two, and while the thread is busy with other requests.
  for (const turns of [0, 1, 2]) {
    const job = makeJob();
    const busy = Array.from({ length: turns * 20 }, () => table.create(makeJob()));
    const created = table.create(job);
    for (let turn = 0; turn < turns; turn += 1) await setImmediate();
    const read = table.get(job.jobId);
    expect([(await claimed(job.jobId)).ok, (await created).ok, (await read)?.jobId]).toEqual([true, true, job.jobId]);
    await Promise.all(busy);
  }
  await table.close();
});

test('closed, it has brought to the disk what was answered early', async () => {
  await using folder = await openFolder();
  const table = await openTable(folder.file);
  const job = makeJob();
  await table.create(job);
  const claiming = table.transition('claim', job.jobId, { facts: { now: exactly(Date.now()), version: 1 }, attempt: 1, early: true });
  await table.close();
  const { ok, durable } = await claiming;
  await durable;
  expect(ok).toBe(true);
});

test('on a full disk a write is refused, reads go on, and with room again so do writes', async (context) => {
  await using disk = await mountDisk(context, 'size=2m');
  const table = await openTable(join(disk.path, 'jobs.sqlite'));
  const kept: string[] = [];
  const fill = async (): Promise<void> => {
    for (;;) {
      const { job } = await table.create(makeJob({ params: inline('x'.repeat(20_000)) }));
      if (job !== undefined) kept.push(job.jobId);
    }
  };
  const refusal = await fill().catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'TABLE_UNAVAILABLE' });
  expect(reasonOf(refusal)).toMatch(/full/i);
  expect(kept.length).toBeGreaterThan(10);
  expect((await table.getMany(kept)).map((job) => job?.jobId)).toEqual(kept);
  await expect(table.check()).resolves.toBeUndefined();
  await disk.remount('size=20m');
  const { ok } = await table.create(makeJob());
  expect(ok).toBe(true);
  await table.close();
  checkFile(join(disk.path, 'jobs.sqlite'));
});

test('a file that is damaged, no database or of a newer version is refused, and left as it is', async () => {
  await using folder = await openFolder();
  const table = await openTable(folder.file);
  await table.close();
  const database = new DatabaseSync(folder.file);
  database.exec('PRAGMA user_version = 999');
  database.close();
  await expect(openTable(folder.file)).rejects.toThrow('was written by a newer version of this project');

  const pages = await readFile(folder.file);
  const damaged = Buffer.concat([pages.subarray(0, 100), Buffer.alloc(pages.length - 100, 'x')]);
  for (const content of [
    damaged,
    Buffer.from('a letter to my aunt, longer than a header of a database would be: dear aunt, how do you do'),
  ]) {
    await writeFile(folder.file, content);
    await expect(openTable(folder.file)).rejects.toThrow(/and was left as it is/);
    expect(await readFile(folder.file)).toEqual(content);
  }
});

test('a record that is damaged fails the reads of it alone', async () => {
  await using folder = await openFolder();
  const table = await openTable(folder.file);
  const [good, bad] = [makeJob(), makeJob()];
  await table.create(good);
  await table.create(bad);
  const shell = new DatabaseSync(folder.file);
  shell.prepare("UPDATE jobs SET record = 'x' WHERE jobId = ?").run(bad.jobId);
  shell.close();
  await expect(table.get(bad.jobId)).rejects.toThrow(/JSON/);
  const now = Date.now();
  const [ofBad, ofGood] = await Promise.allSettled(
    [bad, good].map(({ jobId }) => table.transition('cancel', jobId, { facts: { now: exactly(now), version: 1 }, attempt: 0 })),
  );
  expect(ofBad?.status).toBe('rejected');
  expect(ofGood).toMatchObject({ status: 'fulfilled', value: { ok: true } });
  await table.close();
});

test('what has ended and what was locked is deleted when its time is over, and nothing else', async () => {
  await using folder = await openFolder();
  const table = await openTable(folder.file);
  const [ended, open] = [makeJob(), makeJob()];
  await table.create(ended);
  await table.create(open);
  const now = Date.now();
  await table.transition('cancel', ended.jobId, { facts: { now: exactly(now), version: 1 }, attempt: 0 });
  await table.lock('owner', 'key', { jobId: ended.jobId, payloadHash: 'hash', expiresAt: Math.floor(now / 1000) + 60 }, 0);
  const kept = await table.keepPayload({ jobId: ended.jobId, kind: 'params', value: 'x'.repeat(2000), now });
  const keys = kept.kind === 'apart' ? [kept.key] : [];
  await table.expire(now);
  expect(await table.readPayloads(keys)).toEqual(['x'.repeat(2000)]);
  expect(await table.get(ended.jobId)).toBeDefined();
  expect(await table.readLock('owner', 'key')).toBeDefined();
  await table.expire(now + 31 * 86_400_000);
  expect(await table.get(ended.jobId)).toBeUndefined();
  expect(await table.readLock('owner', 'key')).toBeUndefined();
  // It outlives its record by days.
  expect(await table.readPayloads(keys)).toEqual(['x'.repeat(2000)]);
  await table.expire(now + 40 * 86_400_000);
  expect(await table.readPayloads(keys)).toEqual([undefined]);
  expect(await table.get(open.jobId)).toBeDefined();
  await table.close();
});

test('a shell may read it meanwhile, and even write', async () => {
  await using folder = await openFolder();
  const table = await openTable(folder.file);
  const job = makeJob();
  await table.create(job);
  const shell = new DatabaseSync(folder.file, { timeout: 1000 });
  expect(shell.prepare('SELECT jobId, outcome FROM jobs').all()).toMatchObject([{ jobId: job.jobId, outcome: null }]);
  shell.exec('CREATE TABLE notes (note TEXT)');
  expect((await table.create(makeJob())).ok).toBe(true);
  shell.close();
  await table.close();
});

test('closes twice, ends what was asked before, and refuses what is asked after', async () => {
  await using folder = await openFolder();
  const table = await openTable(folder.file);
  const job = makeJob();
  const creating = table.create(job);
  const closing = table.close();
  expect((await creating).ok).toBe(true);
  await closing;
  await table.close();
  await expect(table.get(job.jobId)).rejects.toMatchObject({ code: 'TABLE_UNAVAILABLE' });
  const again = await openTable(folder.file);
  expect((await again.get(job.jobId))?.jobId).toBe(job.jobId);
  await again.close();
});
