/** The folder that DATA_DIR names: created, checked, and held by one process at a time. */
import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConfigError } from './config.ts';

export interface HeldFolder {
  release(): void;
}

/** SQLite's result code for a file that another process holds. */
const sqliteBusy = 5;

/**
 * Holds the folder until it is released or the process ends, however it ends. The lock is the kernel's, on a small file of its
 * own, so kill -9 leaves nothing to clean up, and a shell may read the data meanwhile.
 *
 * @param lockName The part that is held: different parts may share a folder.
 * @param files Files in the folder that have to be writable if they exist.
 * @throws {ConfigError} one line: it is held already, is no folder, or is not writable.
 */
export function holdDataFolder(dataDir: string, lockName = 'lock', files: readonly string[] = []): HeldFolder {
  const folder = resolve(dataDir);
  attempt(dataDir, 'cannot be used as a folder', () => makeFolder(folder));
  for (const name of [lockName, ...files.filter((file) => existsSync(join(folder, file)))]) {
    attempt(dataDir, 'cannot be written', () => closeSync(openSync(join(folder, name), 'a')));
  }
  const lock = new DatabaseSync(join(folder, lockName));
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS held (at INTEGER)');
  } catch (error) {
    lock.close();
    const busy = error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
    throw new ConfigError(`DATA_DIR: ${dataDir} ${busy ? 'is in use by another process' : `cannot be written (${reason(error)})`}`, {
      cause: error,
    });
  }
  return {
    release: () => {
      if (lock.isOpen) lock.close();
    },
  };
}

/** Folder by folder: Node's recursive mkdir never returns where the kernel creates nothing, as under /proc. */
function makeFolder(path: string): void {
  if (existsSync(path) && dirname(path) === path) return;
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && !existsSync(dirname(path))) {
      makeFolder(dirname(path));
      mkdirSync(path);
    } else if (codeOf(error) !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}

function attempt(dataDir: string, complaint: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new ConfigError(`DATA_DIR: ${dataDir} ${complaint} (${reason(error)})`, { cause: error });
  }
}

function reason(error: unknown): string {
  return codeOf(error) ?? (error instanceof Error ? error.message : String(error));
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && !error.code.startsWith('ERR_')
    ? error.code
    : undefined;
}
