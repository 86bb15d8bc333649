/** The server under test, as `npm run server` opens it. */
import { systemClock } from '../../core/clock.ts';
import type { Job } from '../../core/job.ts';
import { createWatches } from '../../core/usecases/watchJob.ts';
import { readConfig } from '../../runtime/config.ts';
import { openCore } from '../../runtime/open.ts';
import { openServer } from '../../server/openServer.ts';
import { createLog } from '../../telemetry/log.ts';
import { benchTypes } from '../support/benchJob.ts';
import { serveCommands } from '../support/child.ts';

const read = new Set<string>();
const config = readConfig();
const log = createLog({ level: config.logLevel, part: 'server' });
const { core, notReady } = openCore({ config, jobTypes: benchTypes, clock: systemClock, log });
/** A watched job of which no hint came for so long would be read, and the hints that a bench published be taken back. */
const longerThanABench = 3_600_000;
// A list of the records that were read would take memory, where memory is measured and no hints are published.
const isQuiet = process.env['NO_HINTS'] === 'true';
const tableAsTold = { entries: core.table.entries, get: async (jobId: string) => asTold(await core.table.get(jobId)), getMany };
const watches = isQuiet ? createWatches(core) : createWatches({ ...core, table: tableAsTold }, { silenceMs: longerThanABench });

const { url } = await openServer({ core, watches, log, notReady, config });
serveCommands({ url: () => url });

async function getMany(jobIds: readonly string[]): Promise<readonly (Job | undefined)[]> {
  return (await core.table.getMany(jobIds)).map(asTold);
}

/**
 * The benches publish only hints. A record that is read after a silence would contradict them, and they would be taken back. So
 * a record that was read before is made newer than all events since.
 */
function asTold(job: Job | undefined): Job | undefined {
  if (job === undefined) return undefined;
  if (read.has(job.jobId)) return { ...job, version: 2 ** 31 - 1 };
  read.add(job.jobId);
  return job;
}
