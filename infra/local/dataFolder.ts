/** The embedded emulators' folder: made, checked and held by one process at a time. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Why the embedded AWS cannot start, in one line. */
export class EmbeddedAwsError extends Error {
  override readonly name = 'EmbeddedAwsError';
}

/** SQLite's result code for a file that another process holds. */
const sqliteBusy = 5;

/**
 * Holds the folder until it is released or the process ends, however it ends: the lock is the kernel's, on a SQLite
 * file, so that kill -9 leaves nothing to clean up.
 * @throws {EmbeddedAwsError} when it is held already, no folder, or not writable.
 */
export function holdDataFolder(dataDir: string): { release(): void } {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw new EmbeddedAwsError(`DATA_DIR: ${dataDir} cannot be used as a folder (${reason(error)})`, { cause: error });
  }
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(dataDir, 'lock'));
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS held (at INTEGER)');
  } catch (error) {
    lock?.close();
    const busy = error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
    const why = busy ? 'is in use by another process' : `cannot be written (${reason(error)})`;
    throw new EmbeddedAwsError(`DATA_DIR: ${dataDir} ${why}`, { cause: error });
  }
  const held = lock;
  return {
    release: () => {
      if (held.isOpen) held.close();
    },
  };
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' && error.code.startsWith('E') && !error.code.startsWith('ERR_')
    ? error.code
    : error.message;
}
