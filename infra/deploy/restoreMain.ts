/**
 * `npm run restore -- <env> <time>`: the jobs of an environment on AWS as they were then (infra/deploy/restore.ts).
 * `npm run restore -- <file>`: a backup of `npm start`, put back (runtime/dataMain.ts).
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { environments } from '../environments.ts';
import { confirm, root, runCommand, UsageError } from './command.ts';
import { momentOf, restore } from './restore.ts';

const usage =
  'npm run restore -- <env> <time, as 2026-11-25T14:30:00Z> [-c name=value…] [--kube-context name] [--yes] | npm run restore -- <file>';

const [file, ...more] = process.argv.slice(2);
const isEnvironment = environments.some(({ name }) => name === file);
if (file !== undefined && more.length === 0 && !file.startsWith('-') && !isEnvironment) {
  const { status } = spawnSync(process.execPath, [join(root, 'runtime/dataMain.ts'), 'restore', file], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  await runCommand('restore', usage, async (given) => {
    const [time, ...others] = given.more;
    if (time === undefined || others.length > 0) throw new UsageError(`usage: ${usage}`);
    const at = momentOf(time, Date.now());
    await confirm(
      given,
      `${given.environment.name} gets its jobs as they were at ${new Date(at).toISOString()}; what was written since is left in the old table`,
    );
    await restore({ target: given, at, tablesFile: join(root, 'infra/restoredTables.json') });
  });
}
