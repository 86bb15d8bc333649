/**
 * Notices that the shell or npm that started this process is gone. Both end at a SIGTERM without passing it on. The process
 * would then run on unnoticed and keep its port.
 */
import type { Environment } from './config.ts';

const everyMs = 250;

/**
 * Calls `act` once, as soon as the process has another parent than at its start. Only under npm, which puts a shell in between:
 * a process that was started in another way, as with nohup, may be meant to outlive its parent.
 *
 * @returns The function that stops the check.
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
