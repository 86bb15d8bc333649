/**
 * Notices that the shell or npm that started this process is gone. Both end at a SIGTERM without passing it on, and the
 * process would go on alone, with its port, for nobody.
 */
import type { Environment } from './config.ts';

const everyMs = 250;

/**
 * Calls `act` once, as soon as the process has another parent than at its start. Only under npm, which puts a shell in
 * between: whoever starts it in another way, as with nohup, may mean it to outlive its parent.
 *
 * @returns Stops looking.
 */
export function onOrphaned({ npm_lifecycle_event: script }: Environment, act: () => void): () => void {
  if (script === undefined) return () => undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, everyMs).unref();
  return () => clearInterval(timer);
}
