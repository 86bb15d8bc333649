/** `npm run server`: the API as a process of its own. Exit codes: 0 after a signal, 78 for a bad setting, 1 otherwise. */
import { systemClock } from '../core/clock.ts';
import { ConfigError, readConfig } from '../core/config.ts';
import { createLog } from '../core/log.ts';
import { openCore } from '../core/open.ts';
import { createWatches } from '../core/usecases/watchJob.ts';
import { openServer } from './openServer.ts';

try {
  await main();
} catch (error) {
  process.exitCode = explain(error);
}

async function main(): Promise<void> {
  const config = readConfig();
  if (config.redisUrl === undefined) throw new ConfigError('REDIS_URL: is needed here; only `npm start` does without');
  const log = createLog({ level: config.logLevel, part: 'server' });

  await using opened = new AsyncDisposableStack();
  const { core, notReady, close } = openCore({ config, log, clock: systemClock });
  opened.defer(close);
  const watches = createWatches(core);
  opened.defer(() => watches.close());
  const server = await openServer({ core, watches, log, notReady, config });
  opened.defer(() => server.close());
  log.info({ url: server.url }, 'the server is open');

  const signal = await firstSignal();
  log.info({ signal }, 'the server shuts down');
}

/** A second signal ends the process at once, as if nobody listened. */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, resolve);
  });
}

/** One line to read, not a stack, for what an operator can mend. */
function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    return 78;
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    process.stderr.write(`PORT: something else already listens there (${error.message})\n`);
    return 1;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
