/** A file of the embedded table as SQL: what stands in it when its version is released, for later versions to be tested on. */
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { rowOf } from '../../core/table/sqlite/change.ts';
import { tagLine } from '../../core/table/sqlite/tagStatements.ts';
import type { RawEntry } from '../../core/table/entries.ts';
import type { Job } from '../../core/job.ts';
import { inline, makeJob } from './jobFactory.ts';

const at = 1_795_000_000_000;
const expiresAt = 4_000_000_000;
const idOf = (number: number): string => `01KB${String(number).padStart(22, '0')}`;
const entry = { version: 1, status: 'PENDING', at, attempt: 0 } as const;
const failure = { code: 'HANDLER_FAILED', message: 'It’s broken', attempt: 1, at } as const;

/** One job of each kind that a file may hold. */
export const fixtureJobs: readonly Job[] = [
  makeJob({ jobId: idOf(1), createdAt: at, idempotencyKey: 'key' }),
  makeJob({ jobId: idOf(2), createdAt: at, priority: 'HIGH', dueAt: at + 60_000, failures: 1, attempts: 1, error: failure }),
  makeJob({
    jobId: idOf(3),
    createdAt: at,
    status: 'PROCESSING',
    version: 2,
    attempts: 1,
    startedAt: at,
    claim: { id: 'claim', expiresAt: at + 30_000 },
    history: [entry, { version: 2, status: 'PROCESSING', at, attempt: 1 }],
  }),
  makeJob({ jobId: idOf(4), createdAt: at, status: 'SUCCEEDED', version: 3, result: inline('done'), finishedAt: at, expiresAt }),
  makeJob({
    jobId: idOf(5),
    createdAt: at,
    status: 'FAILED_FINAL',
    version: 3,
    error: failure,
    finishedAt: at,
    expiresAt,
    owner: '\ud800',
  }),
  makeJob({ jobId: idOf(6), createdAt: at, params: { kind: 'apart', key: 'payload', expiresAt } }),
];
export const fixtureLock = { owner: 'owner-1', key: 'key', lock: { jobId: idOf(1), payloadHash: 'hash', expiresAt } } as const;
export const fixtureEntry = {
  key: 'fixture#["key"]',
  version: 'version',
  json: '{"text":"It’s kept"}',
  place: { place: 'fixtures', rank: 'rank' },
  expiresAt,
} as const satisfies RawEntry;
export const fixturePayload = { key: 'payload', json: '{"long":true}', value: { long: true } } as const;

const textColumn = z.object({ sql: z.string() });

/** The tables and indexes of a file, each as it was made. */
export function schemaOf(database: DatabaseSync): readonly string[] {
  const rows = database.prepare(
    "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC, name",
  );
  return rows.all().map((row) => textColumn.parse(row).sql);
}

/** Of a file that was just made by the present version. */
export function fixtureOf(database: DatabaseSync): string {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  const lines = schemaOf(database).map((sql) => `${sql.replaceAll(/\n\s*/g, ' ')};`);
  for (const job of fixtureJobs) {
    const row = rowOf(job);
    const owner = row.owner.isWellFormed() ? row.owner : JSON.stringify(row.owner);
    const { jobId, type, outcome, partition, sort, expiresAt: endsAt, running, errorCode, record } = row;
    const values = [jobId, owner, type, outcome, partition, sort, endsAt, running, errorCode, record].map(literal).join(', ');
    lines.push(
      `INSERT INTO jobs (jobId, owner, type, outcome, partition, sort, expiresAt, running, errorCode, record) VALUES (${values});`,
    );
    const all = `\n${row.tags.map(tagLine).join('')}`;
    for (const tag of row.tags) {
      lines.push(`INSERT INTO tags VALUES (${[owner, tag, jobId, type, outcome, errorCode, all].map(literal).join(', ')});`);
    }
  }
  const lockKey = JSON.stringify([fixtureLock.owner, fixtureLock.key]);
  lines.push(`INSERT INTO locks VALUES (${[lockKey, JSON.stringify(fixtureLock.lock), expiresAt].map(literal).join(', ')});`);
  lines.push(`INSERT INTO payloads VALUES (${[fixturePayload.key, fixturePayload.json, expiresAt].map(literal).join(', ')});`);
  const { key, version: written, place, json } = fixtureEntry;
  lines.push(`INSERT INTO entries VALUES (${[key, written, place.place, place.rank, expiresAt, json].map(literal).join(', ')});`);
  lines.push(`PRAGMA user_version = ${version};`);
  return `${lines.join('\n')}\n`;
}

function literal(value: string | number | null): string {
  if (value === null) return 'NULL';
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
