/** What every program does: read the settings, open its parts, wait for a signal, close them in reverse order. */
import { systemClock, type Clock } from '../core/clock.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { createEmbeddedMetrics, type EmbeddedMetrics } from '../telemetry/embeddedMetrics.ts';
import { openTelemetry } from '../telemetry/openTelemetry.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { ConfigError, readEnvironment, type Config } from './config.ts';
import { onOrphaned } from './orphaned.ts';
import { readSettings } from './parameterStore.ts';
import { openSecrets, type Secrets } from './secrets.ts';
import { openTerminalLog } from './terminal.ts';

export interface Entry {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly log: Log;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** All metrics, in Prometheus' text format. */
  readonly scrape: () => Promise<string>;
  /** Closed in reverse order at the end, also when opening fails half-way. */
  readonly resources: AsyncDisposableStack;
  /** Fires at the second signal: the grace time then ends at once. */
  readonly hurry: AbortSignal;
}

/** EX_CONFIG of sysexits.h: a setting is wrong, or what it names cannot be used. */
const exitConfig = 78;

/**
 * Runs until SIGINT or SIGTERM. Errors that a person can correct (a bad setting, a port in use, a folder that cannot be
 * written) are reported in one line on standard error; any other with its stack.
 */
export async function runEntry(part: string, open: (entry: Entry) => Promise<void>): Promise<void> {
  const signalled = Promise.withResolvers<string>();
  const hurry = new AbortController();
  let signals = 0;
  const onSignal = (signal: string): void => {
    signals += 1;
    if (signals === 1) signalled.resolve(signal);
    else hurry.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const environment = readEnvironment();
  const stopLooking = onOrphaned(environment, () => signals === 0 && onSignal('SIGTERM'));

  try {
    const config = await readSettings(environment);
    const log = createLog({ level: config.logLevel, part }, await openTerminalLog());
    const secrets = await openSecrets({ config, log });
    await using resources = new AsyncDisposableStack();
    const embedded = config.embedsMetrics ? embeddedMetricsOf(part, config) : undefined;
    const { telemetry, scrape } = resources.adopt(openTelemetry({ part, settings: config.openTelemetry, embedded }), ({ close }) =>
      close(),
    );
    await open({ config, secrets, log, clock: systemClock, telemetry, scrape, resources, hurry: hurry.signal });
    const signal = await signalled.promise;
    log.info({ signal }, 'stopping; a second signal hurries');
  } catch (error) {
    process.stderr.write(`${part}: ${explain(error)}\n`);
    process.exitCode = canBeMended(error) ? exitConfig : 1;
  } finally {
    stopLooking();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** In addition to the logs, which go to standard output too. */
function embeddedMetricsOf(part: string, { metricsNamespace: namespace }: Config): EmbeddedMetrics {
  return createEmbeddedMetrics({ part, namespace, write: (line) => void process.stdout.write(`${line}\n`), now: systemClock.now });
}

/** The system's errors for an address that cannot be listened on; any other error needs its stack. */
const plainCodes: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use; set PORT to another one',
  EACCES: 'not permitted',
  EADDRNOTAVAIL: 'this machine has no such address; set HOST',
};

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError) return error.message;
  const meaning = meaningOf(error);
  return meaning === undefined ? (error.stack ?? error.message) : `${error.message}: ${meaning}`;
}

function canBeMended(error: unknown): boolean {
  return error instanceof ConfigError || meaningOf(error) !== undefined;
}

function meaningOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? plainCodes[error.code] : undefined;
}
