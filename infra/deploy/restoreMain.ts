/** `npm run restore -- <env> <time>`: restores the jobs of an environment on AWS to that time; see restore.ts. */
import { join } from 'node:path';
import { confirm, root, runCommand, UsageError } from './command.ts';
import { momentOf, restore } from './restore.ts';

const usage = 'npm run restore -- <env> <time, as 2026-11-25T14:30:00Z> [-c name=value…] [--kube-context name] [--yes]';

await runCommand('restore', usage, async (given) => {
  const [time, ...others] = given.more;
  if (time === undefined || others.length > 0) throw new UsageError(`usage: ${usage}`);
  const at = momentOf(time, Date.now());
  const { name } = given.environment;
  await confirm(
    given,
    `${name} gets its jobs as they were at ${new Date(at).toISOString()}; what was written since is left in the old table`,
  );
  await restore({ target: given, at, tablesFile: join(root, 'infra/restoredTables.json') });
});
