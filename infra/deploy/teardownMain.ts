/**
 * `npm run teardown -- <env>`: removes an environment, and says what is kept. It asks for the environment's name again. With
 * `--delete-data` nothing is kept. What is gone already is skipped, so after a failure the same command continues.
 */
import { originalTable } from '../environments.ts';
import { aws, cdkDeploy, confirm, runCommand, stackOf, UsageError, type Given } from './command.ts';
import type { Command } from './shell.ts';

const usage = 'npm run teardown -- <env> [--delete-data -c name=value…] [--kube-context name] [--yes]';

await runCommand('teardown', usage, async (given) => {
  if (given.more.length > 0) throw new UsageError(`usage: ${usage}`);
  const { environment, shell, kubectl, deletesData } = given;
  const { name, cluster } = environment;
  // Missing values are reported before anything is gone.
  const freeData = deletesData ? cdkDeploy({ ...given, context: { ...given.context, deleteData: 'true' } }) : undefined;
  await shell.read([...kubectl, 'config', 'current-context']);
  await confirm(
    given,
    `${name} is removed: pods, load balancer, queues, cache, Lambdas, roles, settings, alarms${deletesData ? ', AND ALL DATA' : ''}`,
  );

  shell.say('The pods; first the load balancer, while the controller that removes it is still allowed to');
  const inNamespace = [...kubectl, '-n', cluster.namespace];
  await shell.run([...inNamespace, 'delete', 'ingress', 'server', '--ignore-not-found']);
  await shell.run([...inNamespace, 'delete', '-k', `k8s/overlays/${name}`, '--ignore-not-found']);

  shell.say('The stack');
  const stack = stackOf(environment);
  const query = `StackSummaries[?StackName=='${stack}' && StackStatus!='DELETE_COMPLETE'].StackStatus`;
  const status = await shell.read(aws(environment, 'cloudformation', 'list-stacks', '--query', query, '--output', 'text'));
  if (status !== '' && status !== 'DELETE_IN_PROGRESS') {
    await (freeData === undefined ? unprotect(given) : emptyBuckets(given, freeData));
    await shell.run(aws(environment, 'cloudformation', 'delete-stack', '--stack-name', stack));
  }
  if (status !== '') await shell.run(aws(environment, 'cloudformation', 'wait', 'stack-delete-complete', '--stack-name', stack));
  shell.say(kept(given));
});

async function unprotect({ environment, shell }: Given): Promise<void> {
  const verb = ['cloudformation', 'update-termination-protection', '--no-enable-termination-protection'];
  await shell.run(aws(environment, ...verb, '--stack-name', stackOf(environment)));
}

/** CloudFormation deletes no bucket that is not empty. @param freeData allows the stack to delete its data. */
async function emptyBuckets({ environment, shell }: Given, freeData: Command): Promise<void> {
  await shell.run(freeData);
  for (const output of ['Bucket', 'AccessLogs']) {
    const query = ['--query', `Stacks[0].Outputs[?OutputKey=='${output}'].OutputValue`, '--output', 'text'];
    const bucket = await shell.read(aws(environment, 'cloudformation', 'describe-stacks', '--stack-name', stackOf(environment), ...query));
    await shell.run(aws(environment, 's3', 'rm', '--recursive', '--quiet', `s3://${bucket}`));
  }
}

function kept({ environment: { name, table }, deletesData }: Given): string {
  const elsewhere = 'Not of this stack, and left: host name and certificate, the cluster’s add-ons, the CDK’s bootstrap stack';
  const original = originalTable(name);
  const before = table === original ? '' : `; the tables of before a restore (${original}, and those whose names begin with it)`;
  if (deletesData) return `Nothing of ${name} is kept${before === '' ? '' : `, but${before.slice(1)}`}. ${elsewhere}.`;
  return [
    `Kept: the table ${table}, the buckets of files and of their access logs, the images under job-tickets-${name}/, the secret of the cache’s password${before}.`,
    '`npm run deploy` takes table and images in again; the buckets and the cache are new then, and what lies in the old bucket stays there.',
    `${elsewhere}.`,
  ].join('\n# ');
}
