/** `npm start` as a process that a test kills and starts again on the same port and data. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './freePort.ts';
import { startEntry, type RunningEntry } from './processes.ts';

export interface Restartable extends AsyncDisposable {
  readonly url: string;
  /** SIGTERM, as a deployment does it; resolves when the process has ended. */
  stop(): Promise<void>;
  /** SIGKILL, as power failures do it. */
  kill(): Promise<void>;
  /** Again, on the same port and data. */
  start(): Promise<void>;
}

const shortWaits = {
  VISIBILITY_TIMEOUT_SECONDS: '1',
  BACKOFF_BASE_MS: '50',
  SWEEP_INTERVAL_SECONDS: '1',
  SWEEP_AFTER_SECONDS: '2',
};

export async function openRestartable(env: Readonly<Record<string, string>> = {}): Promise<Restartable> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-client-'));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const port = String(await freePort());
  let entry: RunningEntry | undefined;
  const kill = async (): Promise<void> => entry?.kill();
  const stop = async (): Promise<void> => {
    entry?.signal('SIGTERM');
    await entry?.exited();
  };
  const start = async (): Promise<void> => {
    entry = await startEntry('start', { env: { DATA_DIR: folder, PORT: port, ...shortWaits, ...env } });
  };
  opening.defer(kill);
  await start();
  const opened = opening.move();
  return { url: `http://127.0.0.1:${port}`, stop, kill, start, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
