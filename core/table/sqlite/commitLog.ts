/**
 * SQLite's write-ahead log (the `-wal` file), synced to the disk by this process instead of by SQLite. So a commit can be answered
 * before the sync where surviving the process is enough, and all other commits of the same moment share one sync.
 */
import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

export interface CommitLog {
  /** Returns when all commits are on the disk. @throws the system's error: it is then unknown which of them are on the disk. */
  sync(): void;
  close(): void;
}

/**
 * Undefined where there is no such log, as in memory: SQLite then syncs each commit before it returns. With NORMAL, SQLite still
 * syncs around checkpoints and when it restarts the log; it only leaves out the sync at each commit.
 */
export function openCommitLog(database: DatabaseSync, file: string): CommitLog | undefined {
  if (database.prepare('PRAGMA journal_mode').get()?.['journal_mode'] !== 'wal') return undefined;
  // The same file until the last connection is closed. SQLite's locks are on other files, so closing this one drops none.
  const log = openSync(`${file}-wal`, 'r+');
  database.exec('PRAGMA synchronous = NORMAL');
  return { sync: () => fdatasyncSync(log), close: () => closeSync(log) };
}
