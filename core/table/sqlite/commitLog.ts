/**
 * The log that commits are written to before they come into the file (SQLite's `-wal`), brought to the disk by this process
 * instead of by SQLite: so that a commit can be answered to those who need no more than that it outlives the process, while
 * the others, and the commits of a moment, share one wait for the disk.
 */
import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

export interface CommitLog {
  /** Returns when all commits are on the disk. @throws what the system says: what is on it, nobody knows then. */
  sync(): void;
  close(): void;
}

/**
 * Undefined where there is none, as in memory: SQLite then brings each commit to the disk before it returns. With NORMAL it
 * still does so around checkpoints and where the log begins anew; of a commit in between it leaves out this one wait alone.
 */
export function openCommitLog(database: DatabaseSync, file: string): CommitLog | undefined {
  if (database.prepare('PRAGMA journal_mode').get()?.['journal_mode'] !== 'wal') return undefined;
  // It stays the same file until the last connection is closed. SQLite's locks are on others, so closing it drops none.
  const log = openSync(`${file}-wal`, 'r+');
  database.exec('PRAGMA synchronous = NORMAL');
  return { sync: () => fdatasyncSync(log), close: () => closeSync(log) };
}
