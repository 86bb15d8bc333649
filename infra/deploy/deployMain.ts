/**
 * `npm run deploy -- <env>`: stack, images, workers, servers, in this order, since readers come before writers. Finished steps
 * are skipped, so after a failure the same command continues.
 */
import { join } from 'node:path';
import { ContextError } from '../context.ts';
import { aws, cdkDeploy, requireTableInUse, root, runCommand, UsageError, type Given } from './command.ts';
import { writeManifests } from './manifests.ts';

const usage = 'npm run deploy -- <env> [-c name=value…] [--kube-context name] [--platform linux/arm64] [--yes]';

await runCommand('deploy', usage, async (given) => {
  if (given.more.length > 0 || given.deletesData) throw new UsageError(`usage: ${usage}`);
  const { environment, shell, kubectl } = given;
  const { namespace } = environment.cluster;
  const deployStack = cdkDeploy(given);

  shell.say('The committed revision is deployed, with this account’s own names in it');
  const tag = await committedTag(given);
  const account = await shell.read(aws(environment, 'sts', 'get-caller-identity', '--query', 'Account', '--output', 'text'));
  const registry = `${account}.dkr.ecr.${environment.region}.amazonaws.com`;
  const folder = join('.cache/deploy', environment.name);
  const overlay = `../../../k8s/overlays/${environment.name}`;
  const files = await writeManifests({ ...given, folder, overlay, registry, tag });
  await shell.read([...kubectl, 'config', 'current-context']);
  await requireTableInUse(given);

  shell.say('The stack: table, queues, cache, Lambdas, roles, settings');
  await shell.run(deployStack);

  shell.say('The images');
  await pushImages(given, registry, tag);

  shell.say('The workers, and the resources that all parts need; then the servers');
  const inNamespace = [...kubectl, '-n', namespace];
  await shell.run([...inNamespace, 'apply', '-f', files.before]);
  await shell.run([...inNamespace, 'rollout', 'status', 'deployment/worker', '--timeout=15m']);
  await shell.run([...inNamespace, 'apply', '-f', files.server]);
  await shell.run([...inNamespace, 'rollout', 'status', 'deployment/server', '--timeout=15m']);
  shell.say(`${environment.name} runs ${tag}: its pods are ready, so table and queues answer`);
});

/** @throws {ContextError} for a revision that could not be built again. */
async function committedTag({ shell }: Given): Promise<string> {
  const changed = await shell.read(['git', 'status', '--porcelain']);
  if (changed !== '') throw new ContextError('there are uncommitted changes: a tag names a commit, and never moves');
  return shell.read(['git', 'rev-parse', '--short=12', 'HEAD']);
}

async function pushImages({ environment, shell, platform }: Given, registry: string, tag: string): Promise<void> {
  await shell.pipe(aws(environment, 'ecr', 'get-login-password'), ['docker', 'login', '--username', 'AWS', '--password-stdin', registry]);
  for (const part of ['server', 'worker']) {
    const repository = `job-tickets-${environment.name}/${part}`;
    const query = ['--query', `imageIds[?imageTag=='${tag}'].imageTag`, '--output', 'text'];
    const there = await shell.read(aws(environment, 'ecr', 'list-images', '--repository-name', repository, ...query));
    if (there === tag) continue;
    const image = `${registry}/${repository}:${tag}`;
    const on = platform === undefined ? [] : ['--platform', platform];
    await shell.run(['docker', 'build', ...on, '--target', part, '--tag', image, root]);
    await shell.run(['docker', 'push', image]);
  }
}
