/** Wires the core of the one process that keeps everything itself: table in a file, queues and feed in memory. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicFactory } from 'ulid';
import { createMemoryFeed } from '../core/feed/memory/memoryFeed.ts';
import { observedFeed } from '../core/feed/observedFeed.ts';
import { createMemoryQueues } from '../core/queue/memory/queues.ts';
import { DatabaseRefused, inMemory } from '../core/table/sqlite/database.ts';
import { openSqliteTable, type SqliteTable, type SqliteTableOptions } from '../core/table/sqlite/table.ts';
import type { Core } from '../core/usecases/core.ts';
import { randomFraction } from '../telemetry/randomBytes.ts';
import { noTelemetry } from '../telemetry/telemetry.ts';
import { ConfigError } from './config.ts';
import { holdDataFolder } from './dataFolder.ts';
import type { OpenCoreDeps, OpenedCore } from './open.ts';
import { checkTimeoutMs, inTime } from './inTime.ts';
import { keepQueuesFilled } from './keepQueuesFilled.ts';
import { reasonOf } from './reason.ts';
import { lockFile, tableFile } from './tableFile.ts';

export type OpenedEmbedded = Omit<OpenedCore, 'openStream'>;

/**
 * The process that held any jobs is gone: they are started again at once.
 * @throws {ConfigError} one line: the folder is held already, not writable, or its file cannot be used.
 */
export async function openEmbedded({
  config,
  jobTypes,
  clock,
  log,
  telemetry = noTelemetry,
}: Omit<OpenCoreDeps, 'feed'>): Promise<OpenedEmbedded> {
  await using opening = new AsyncDisposableStack();
  const { dataDir } = config;
  if (dataDir !== '') {
    opening.adopt(holdDataFolder(dataDir, lockFile, [tableFile]), ({ release }) => release());
    tellOfEmulators(dataDir, log);
  }
  const file = dataDir === '' ? inMemory : join(dataDir, tableFile);
  const table = opening.adopt(await openTable({ file, jobTtlDays: config.jobTtlDays, clock }), ({ close }) => close());
  const queues = opening.adopt(
    createMemoryQueues({ ...config, now: clock.now, traceHeader: telemetry.traceHeader, onRoom: () => filled.fill() }),
    ({ close }) => close(),
  );
  const feed = observedFeed(createMemoryFeed(), telemetry);
  const core: Core = { jobTypes, table, queues, feed, clock, log, telemetry, newJobId: monotonicFactory(randomFraction), settings: config };
  await table.endLeases();
  const filled = opening.adopt(keepQueuesFilled(core, table, queues), ({ close }) => close());
  filled.fill();

  const resources = opening.move();
  return {
    core,
    async notReady() {
      try {
        await inTime(table.check(), checkTimeoutMs);
        return [];
      } catch (error) {
        return [{ part: 'table', reason: reasonOf(error) }];
      }
    },
    close: () => resources.disposeAsync(),
  };
}

async function openTable(options: SqliteTableOptions): Promise<SqliteTable> {
  try {
    return await openSqliteTable(options);
  } catch (error) {
    if (!(error instanceof DatabaseRefused)) throw error;
    throw new ConfigError(`DATA_DIR: ${options.file} ${error.message}`, { cause: error });
  }
}

/** Earlier versions kept the jobs of `npm start` in emulators. */
function tellOfEmulators(dataDir: string, log: OpenCoreDeps['log']): void {
  if (!existsSync(join(dataDir, 'dynamodb')) || existsSync(join(dataDir, tableFile))) return;
  log.info(
    { dataDir },
    'the emulators’ jobs in this folder stay there, for `npm run local`; this start has none of them: docs/single-node.md',
  );
}
