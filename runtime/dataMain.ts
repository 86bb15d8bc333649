/**
 * `npm run backup`, `restore` and `export`: copies the jobs in DATA_DIR, or writes them for another system. A restore that is
 * given an environment and a time is one on AWS; its command exists only where this project's source is, not in its package or
 * images.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { backUp, restore, TargetExists } from '../core/table/sqlite/backup.ts';
import { DatabaseRefused } from '../core/table/sqlite/database.ts';
import { ConfigError, readConfig } from './config.ts';
import { holdDataFolder } from './dataFolder.ts';
import { exportJobs } from './exportJobs.ts';
import { lockFile, tableFile } from './tableFile.ts';

/** Exit codes of sysexits.h: wrong arguments, and a setting that is wrong. */
const exitCodes = { usage: 64, config: 78 };

const commands: Readonly<Record<string, (file: string, argument: string, dataDir: string) => Promise<string> | string>> = {
  backup(file, target) {
    backUp(file, target);
    return `all jobs are in ${target}; objects are plain files, to be copied with it`;
  },
  restore(file, backup, dataDir) {
    const folder = holdDataFolder(dataDir, lockFile);
    try {
      restore(backup, file);
    } finally {
      folder.release();
    }
    return `${file} is ${backup} now; what was there is ${file}.before`;
  },
  async export(file, target) {
    return `${await exportJobs(file, target)} jobs are in ${target}; docs/single-node.md says how AWS takes them`;
  },
};

const [name = '', argument, ...more] = process.argv.slice(2);
const command = commands[name];
const restoreOnAws = join(import.meta.dirname, '../infra/deploy/restoreMain.ts');
if (name === 'restore' && argument !== undefined && more.length > 0 && existsSync(restoreOnAws)) {
  process.exitCode = spawnSync(process.execPath, [restoreOnAws, argument, ...more], { stdio: 'inherit' }).status ?? 1;
} else if (command === undefined || argument === undefined || more.length > 0) {
  process.stderr.write('usage: backup <file> | restore <file> | export <file.json.gz>\n');
  process.exitCode = exitCodes.usage;
} else {
  try {
    const { dataDir } = readConfig();
    if (dataDir === '') throw new ConfigError('DATA_DIR: is empty, so nothing is kept');
    process.stdout.write(`${await command(join(dataDir, tableFile), argument, dataDir)}\n`);
  } catch (error) {
    process.stderr.write(`${name}: ${explain(error)}\n`);
    process.exitCode = error instanceof ConfigError ? exitCodes.config : 1;
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof DatabaseRefused) return `the file of the jobs ${error.message}`;
  const isPlain = error instanceof ConfigError || error instanceof TargetExists || 'code' in error;
  return isPlain ? error.message : (error.stack ?? error.message);
}
