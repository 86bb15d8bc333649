import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { openEmbeddedAws } from '../../infra/local/embeddedAws.ts';
import { systemClock } from '../../core/clock.ts';
import { inMemory } from '../../core/table/sqlite/database.ts';
import { openSqliteTable } from '../../core/table/sqlite/table.ts';
import { openTestTable } from '../support/backends.ts';
import { exerciseTable } from './exerciseTable.ts';

exerciseTable('dynalite', async () => {
  const aws = await openEmbeddedAws({ dataDir: '' });
  const opened = await openTestTable(aws.endpoints.dynamodb);
  return {
    table: opened.table,
    close: async () => {
      await opened.close();
      await aws.close();
    },
  };
});

exerciseTable('DynamoDB Local', () => openTestTable(inject('dynamoDbLocalUrl')));

exerciseTable('SQLite, in memory', async () => {
  const table = await openSqliteTable({ file: inMemory, jobTtlDays: 30, clock: systemClock });
  return { table, close: table.close };
});

exerciseTable('SQLite, in a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-'));
  const table = await openSqliteTable({ file: join(folder, 'jobs.sqlite'), jobTtlDays: 30, clock: systemClock });
  return {
    table,
    close: async () => {
      await table.close();
      await rm(folder, { recursive: true });
    },
  };
});
