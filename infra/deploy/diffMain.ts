/**
 * `npm run diff -- <env> [revision] [-c name=value…]`: what a deployment of this revision would change in the stack of another:
 * by default the newest tag before this commit, or the commit before where there is no tag. Works offline: both templates are
 * synthesized here.
 */
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readEnvironment } from '../../runtime/config.ts';
import { requireCluster } from '../context.ts';
import { root, runCommand, stackOf, UsageError } from './command.ts';
import { createShell, StepFailed, type Shell } from './shell.ts';

const usage = 'npm run diff -- <env> [revision] [-c name=value…]';
const write = (text: string): void => void process.stdout.write(text);

await runCommand('diff', usage, async ({ environment, context, shell, more }) => {
  const [revision = await revisionBefore(shell), ...others] = more;
  if (others.length > 0) throw new UsageError(`usage: ${usage}`);
  if (environment.name !== 'dev') requireCluster([environment]);
  const before = join(root, '.cache/before');
  await removeWorktree(shell, before);
  await shell.run(['git', 'worktree', 'add', '--quiet', '--detach', before, revision]);
  try {
    await symlink(join(root, 'node_modules'), join(before, 'node_modules'));
    // In the form that the CDK's command line uses, which each revision understands.
    const env = { ...readEnvironment(), CDK_CONTEXT_JSON: JSON.stringify({ environment: environment.name, ...context }) };
    for (const cwd of [before, root]) await createShell({ cwd, write, env }).run(['node', 'infra/app.ts']);
    const template = join(before, `.cache/cdk.out/${stackOf(environment)}.template.json`);
    await shell.run(['cdk', 'diff', '--app', '.cache/cdk.out', '--template', template, stackOf(environment)]);
  } finally {
    await removeWorktree(shell, before);
  }
});

async function revisionBefore(shell: Shell): Promise<string> {
  const tags = await shell.read(['git', 'tag', '--merged', 'HEAD^', '--sort=-creatordate']);
  return tags === '' ? 'HEAD^' : (tags.split('\n')[0] ?? 'HEAD^');
}

/** Removing only the folder would leave the worktree's name in git. */
async function removeWorktree(shell: Shell, folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
    await shell.run(['git', 'worktree', 'prune']);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
  }
}
