/** The embedded mode as one process, with leases short enough for tests, that is killed, paused or ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningEntry } from '../support/processes.ts';

/** Of `npm start`. */
export const shortLeases = {
  VISIBILITY_TIMEOUT_SECONDS: '2',
  RECEIVE_WAIT_SECONDS: '1',
  SWEEP_INTERVAL_SECONDS: '1',
  SWEEP_AFTER_SECONDS: '2',
} as const;

export type Interruption = 'killed' | 'paused' | 'ended';

/** Returns the process that goes on: the same one after a pause. */
export async function interrupt(entry: RunningEntry, how: Interruption, start: () => Promise<RunningEntry>): Promise<RunningEntry> {
  if (how === 'paused') {
    // Longer than its claims are valid.
    entry.signal('SIGSTOP');
    await sleep(3000);
    entry.signal('SIGCONT');
    return entry;
  }
  if (how === 'killed') await entry.kill();
  else entry.signal('SIGTERM');
  await entry.exited();
  return start();
}
