/** The server under test, as `npm run server` opens it. */
import { systemClock } from '../../core/clock.ts';
import { createWatches } from '../../core/usecases/watchJob.ts';
import { readConfig } from '../../runtime/config.ts';
import { openCore } from '../../runtime/open.ts';
import { openServer } from '../../server/openServer.ts';
import { createLog } from '../../telemetry/log.ts';
import { benchTypes } from '../support/benchJob.ts';
import { serveCommands } from '../support/child.ts';

const config = readConfig();
const log = createLog({ level: config.logLevel, part: 'server' });
const { core, notReady } = openCore({ config, jobTypes: benchTypes, clock: systemClock, log });
// The benches' events are hints alone: a record that is read after a silence knows nothing of them, and they would be taken back.
const watches = createWatches(core, { silenceMs: 3_600_000 });
const { url } = await openServer({ core, watches, log, notReady, config });
serveCommands({ url: () => url });
