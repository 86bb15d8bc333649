/** Copies of the table's file: made while it is in use, put back while it is not. */
import { closeSync, copyFileSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseRefused, openForReading } from './database.ts';

/**
 * Writes all jobs and keys as they are at one moment, while others write on.
 * @throws {DatabaseRefused} where the file cannot be read; {TargetExists}; the system's own error where there is no room.
 */
export function backUp(file: string, target: string): void {
  if (existsSync(target)) throw new TargetExists(target);
  const draft = `${target}.unfinished`;
  rmSync(draft, { force: true });
  const database = openForReading(file);
  try {
    database.prepare('VACUUM INTO ?').run(draft);
    sync(draft);
    // Unlike a rename, it does not replace a file that was created meanwhile.
    linkSync(draft, target);
    sync(dirname(target));
  } finally {
    database.close();
    rmSync(draft, { force: true });
  }
}

/**
 * Replaces the table's file by a backup; no process may have it open. The old file is kept beside it, as `<file>.before`.
 * @throws {DatabaseRefused} where the backup is damaged or no database of ours: then nothing is changed.
 */
export function restore(backup: string, file: string): void {
  check(backup);
  const draft = `${file}.unfinished`;
  copyFileSync(backup, draft);
  sync(draft);
  if (existsSync(file)) {
    // The old file's log belongs to it, and would be taken for the backup's.
    for (const suffix of ['', '-wal', '-shm']) {
      rmSync(`${file}.before${suffix}`, { force: true });
      if (existsSync(file + suffix)) renameSync(file + suffix, `${file}.before${suffix}`);
    }
  }
  renameSync(draft, file);
  sync(dirname(file));
}

export class TargetExists extends Error {
  override readonly name = 'TargetExists';

  constructor(target: string) {
    super(`${target} is there already, and is not overwritten`);
  }
}

function check(backup: string): void {
  const database = openForReading(backup);
  try {
    const [first] = database.prepare('PRAGMA integrity_check').all();
    if (first?.['integrity_check'] !== 'ok') throw new DatabaseRefused('is damaged');
    database.prepare('SELECT count(*) FROM jobs').get();
  } finally {
    database.close();
  }
}

function sync(path: string): void {
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
