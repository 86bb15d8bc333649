/** The data of `npm start`: backed up while it works (`npm run backup`), restored (`npm run restore`), and moved to DynamoDB. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { exactly, systemClock } from '../../core/clock.ts';
import { openSqliteTable } from '../../core/table/sqlite/table.ts';
import { createClients } from '../../infra/local/clients.ts';
import { blocksRunBy } from '../docs/readPages.ts';
import { openTestTable } from '../support/backends.ts';
import { inline, makeJob } from '../support/jobFactory.ts';
import { startEntry } from '../support/processes.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

const failure = z.object({ code: z.number(), stderr: z.string() });

async function setup() {
  const dataDir = await mkdtemp(join(tmpdir(), 'job-tickets-'));
  const open = () => openSqliteTable({ file: join(dataDir, 'jobs.sqlite'), jobTtlDays: 30, clock: systemClock });
  return {
    dataDir,
    open,
    /** Its output, or how it fails: `<exit code>: <standard error>`. */
    async command(name: string, ...args: readonly string[]): Promise<string> {
      const env = { PATH: process.env['PATH'], DATA_DIR: dataDir };
      try {
        const { stdout } = await run(process.execPath, ['runtime/dataMain.ts', name, ...args], { cwd: root, env });
        return stdout;
      } catch (error) {
        const { code, stderr } = failure.parse(error);
        return `${code}: ${stderr}`;
      }
    },
    [Symbol.asyncDispose]: () => rm(dataDir, { recursive: true }),
  };
}

/** A folder in which the commands of a page are run: the project, without any data yet, and with room for backups. */
async function openReadersFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-reader-'));
  for (const name of await readdir(root)) if (name !== '.data') await symlink(join(root, name), join(folder, name));
  await mkdir(join(folder, 'backups'));
  const [backUp = '', putBack = ''] = blocksRunBy('test/e2e/dataCommands.test.ts').map(({ text }) =>
    text.replaceAll('/backups/', `${folder}/backups/`),
  );
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  return {
    dataDir: join(folder, '.data'),
    backUp,
    putBack,
    /** A whole block, as users paste it. */
    type: async (block: string): Promise<string> => (await run('bash', ['-euc', block], { cwd: folder, env })).stdout,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

test('with the commands of the page, a backup made while jobs are written has each job accepted before, and restores them and the files', async () => {
  await using reader = await openReadersFolder();
  const object = join(reader.dataDir, 'objects/job-tickets/report.html');
  await mkdir(dirname(object), { recursive: true });
  await writeFile(object, 'as it was');
  const open = () => openSqliteTable({ file: join(reader.dataDir, 'jobs.sqlite'), jobTtlDays: 30, clock: systemClock });
  const table = await open();
  const before: string[] = [];
  let isWriting = true;
  const writing = (async () => {
    while (isWriting) {
      const { job } = await table.create(makeJob());
      if (job !== undefined) before.push(job.jobId);
    }
  })();
  await expect.poll(() => before.length).toBeGreaterThan(100);
  const accepted = [...before];
  expect(await reader.type(reader.backUp)).toMatch(/^all jobs are in /m);
  isWriting = false;
  await writing;
  const late = makeJob();
  await table.create(late);
  await expect(reader.type(reader.backUp)).rejects.toThrow('is there already');
  await table.close();
  await rm(join(reader.dataDir, 'objects'), { recursive: true });

  expect(await reader.type(reader.putBack)).toMatch(/is .* now/);
  const restored = await open();
  expect((await restored.getMany(accepted)).map((job) => job?.jobId)).toEqual(accepted);
  expect(await restored.get(late.jobId)).toBeUndefined();
  await restored.close();
  expect(await readFile(object, 'utf8')).toBe('as it was');
});

test('a backup is not put back under a process that runs, nor one that is none', async () => {
  await using data = await setup();
  await using running = await startEntry('start', { env: { DATA_DIR: data.dataDir } });
  const backup = join(data.dataDir, 'backup.sqlite');
  await data.command('backup', backup);
  expect(await data.command('restore', backup)).toBe(`78: restore: DATA_DIR: ${data.dataDir} is in use by another process\n`);
  running.signal('SIGTERM');
  await running.exited();
  const letter = join(data.dataDir, 'letter');
  await writeFile(letter, 'dear aunt');
  expect(await data.command('restore', letter)).toMatch(/^1: .* is no database/);
  expect(await data.command('restore')).toMatch(/^64: usage/);
});

test('an export, put into DynamoDB item by item as its import does, is the same jobs and keys', async () => {
  await using data = await setup();
  const table = await data.open();
  const jobs = [makeJob({ params: inline({ text: 'ünï', nested: [1, { two: null }] }) }), makeJob({ idempotencyKey: 'key' })];
  for (const job of jobs) await table.create(job);
  const [, last] = jobs;
  if (last === undefined) throw new Error('no job');
  await table.transition('cancel', last.jobId, { facts: { now: exactly(Date.now()), version: 1 }, attempt: 0 });
  await table.lock('owner-1', 'key', { jobId: last.jobId, payloadHash: 'hash', expiresAt: 4_000_000_000 }, 0);
  const payload = await table.keepPayload({ jobId: 'job', kind: 'params', value: 'x'.repeat(2000), now: Date.now() });
  const key = payload.kind === 'apart' ? payload.key : '';
  const file = join(data.dataDir, 'jobs.json.gz');
  expect(await data.command('export', file)).toMatch(/^2 jobs are in /);

  const endpoint = inject('dynamoDbLocalUrl');
  const aws = await openTestTable(endpoint);
  using clients = createClients({ region: 'us-east-1', endpoints: { dynamodb: endpoint } });
  const line = z.object({ Item: z.custom<PutItemCommand['input']['Item']>() });
  for (const text of gunzipSync(await readFile(file))
    .toString()
    .trim()
    .split('\n')) {
    await clients.dynamodb.send(new PutItemCommand({ TableName: aws.tableName, ...line.parse(JSON.parse(text)) }));
  }
  for (const { jobId } of jobs) expect(await aws.table.get(jobId)).toEqual(await table.get(jobId));
  expect(await aws.table.readLock('owner-1', 'key')).toMatchObject({ jobId: last.jobId, payloadHash: 'hash' });
  expect(await aws.table.readPayloads([key])).toEqual(['x'.repeat(2000)]);
  const listed = await aws.table.listOwned({ owner: 'owner-1', newestFirst: false, limit: 10 });
  expect(listed).toEqual(jobs.map(({ jobId }) => jobId).toSorted());
  await table.close();
  await aws.close();
});
