/**
 * Restores the jobs to an earlier time. DynamoDB's point-in-time recovery makes a table with another name; then everything that
 * names the table is switched to it at once: the pods' roles and settings, the Lambdas' settings, the relay's stream, the
 * alarms. All of these belong to the stack, so one deployment does it, and takes the new table into the stack.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { jobsTable } from '../../core/table/dynamodb/definition.ts';
import { ContextError } from '../context.ts';
import { originalTable, type Environment } from '../environments.ts';
import { aws, cdkDeploy, requireTableInUse, type Target } from './command.ts';
import type { Command, Shell } from './shell.ts';

export interface RestoreOptions {
  readonly target: Target;
  /** The time to restore to, in milliseconds since the epoch. */
  readonly at: number;
  /** The file with the names of restored tables: infra/restoredTables.json. */
  readonly tablesFile: string;
}

/** Finished steps are skipped, so after a failure the same call continues. */
export async function restore({ target, at, tablesFile }: RestoreOptions): Promise<void> {
  const { environment, shell, kubectl } = target;
  const { name, table: source, cluster } = environment;
  const restored = restoredTable(environment, at);
  const deployStack = cdkDeploy(target);
  const inNamespace = [...kubectl, '-n', cluster.namespace];
  if (source !== restored) await requireTableInUse(target);

  shell.say(`The table ${restored}, as ${source} was at ${new Date(at).toISOString()}; this may take hours, and ${name} runs on meanwhile`);
  await makeTable(target, { source, restored, at });
  shell.say('What a restored table lacks');
  await completeTable(target, restored);

  shell.say('No pod writes while the table is switched');
  await shell.run([...inNamespace, 'annotate', '--overwrite', 'scaledobject', 'worker', 'autoscaling.keda.sh/paused-replicas=0']);
  await shell.run([...inNamespace, 'scale', 'deployment/server', '--replicas=0']);
  await untilGone(shell, inNamespace);

  shell.say('Everything that names the table');
  const known = z.record(z.string(), z.string()).parse(JSON.parse(await readFile(tablesFile, 'utf8')));
  await writeFile(tablesFile, `${JSON.stringify({ ...known, [name]: restored }, undefined, 2)}\n`);
  await shell.run(deployStack);

  shell.say('The pods, which read the table’s name as they start');
  const fewest = await shell.read([...inNamespace, 'get', 'hpa', 'server', '-o', 'jsonpath={.spec.minReplicas}']);
  await shell.run([...inNamespace, 'scale', 'deployment/server', `--replicas=${fewest}`]);
  await shell.run([...inNamespace, 'annotate', 'scaledobject', 'worker', 'autoscaling.keda.sh/paused-replicas-']);
  await shell.run([...inNamespace, 'rollout', 'status', 'deployment/server', '--timeout=15m']);
  shell.say(
    `${name} uses ${restored}; commit infra/restoredTables.json, or the next deployment is refused. ${source} is kept as it is. The sweeper sends what was waiting then.`,
  );
}

/** @throws {ContextError} for a time in the future, or a text that is not a time. */
export function momentOf(text: string, now: number): number {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new ContextError(`${JSON.stringify(text)} is not a valid time: write it as 2026-11-25T14:30:00Z`);
  if (at > now) throw new ContextError(`${text} is in the future`);
  return at;
}

/** The name contains the time of its contents. */
function restoredTable({ name }: Environment, at: number): string {
  return `${originalTable(name)}-${new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
}

interface Tables {
  readonly source: string;
  readonly restored: string;
  readonly at: number;
}

async function makeTable({ environment, shell }: Target, { source, restored, at }: Tables): Promise<void> {
  const dynamodb = (...args: readonly string[]): Command => aws(environment, 'dynamodb', ...args);
  const found = await shell.read(dynamodb('list-tables', '--query', `TableNames[?@=='${restored}']`, '--output', 'text'));
  if (found !== restored) {
    const names = ['--source-table-name', source, '--target-table-name', restored];
    await shell.run(dynamodb('restore-table-to-point-in-time', ...names, '--restore-date-time', new Date(at).toISOString()));
  }
  await untilActive({ environment, shell }, restored);
}

/** DynamoDB restores neither the stream nor expiry, point-in-time recovery or deletion protection. */
async function completeTable({ environment, shell }: Target, restored: string): Promise<void> {
  const on = (verb: string, ...args: readonly string[]): Command => aws(environment, 'dynamodb', verb, '--table-name', restored, ...args);
  const text = ['--output', 'text'];
  await shell.run(on('update-continuous-backups', '--point-in-time-recovery-specification', 'PointInTimeRecoveryEnabled=true'));
  const expiry = await shell.read(on('describe-time-to-live', '--query', 'TimeToLiveDescription.TimeToLiveStatus', ...text));
  if (!expiry.startsWith('ENABL')) {
    const attribute = `Enabled=true,AttributeName=${jobsTable.ttlAttribute}`;
    await shell.run(on('update-time-to-live', '--time-to-live-specification', attribute));
  }
  const stream = await shell.read(on('describe-table', '--query', 'Table.StreamSpecification.StreamEnabled', ...text));
  if (stream !== 'True') {
    await shell.run(on('update-table', '--deletion-protection-enabled'));
    await shell.run(on('update-table', '--stream-specification', `StreamEnabled=true,StreamViewType=${jobsTable.stream}`));
  }
  await untilActive({ environment, shell }, restored);
}

/** AWS's wait command gives up after eight minutes; a large table takes hours. */
async function untilActive({ environment, shell }: Pick<Target, 'environment' | 'shell'>, restored: string): Promise<void> {
  const on = ['--table-name', restored];
  const look = aws(environment, 'dynamodb', 'describe-table', ...on, '--query', 'Table.TableStatus', '--output', 'text');
  for (;;) {
    const status = await shell.read(look);
    if (status === 'ACTIVE') return;
    if (status !== 'CREATING' && status !== 'UPDATING') throw new ContextError(`the table ${restored} is ${status}`);
    await shell.attempt(aws(environment, 'dynamodb', 'wait', 'table-exists', ...on));
  }
}

async function untilGone(shell: Shell, inNamespace: Command): Promise<void> {
  const selector = 'app.kubernetes.io/component in (server, worker)';
  for (;;) {
    const pods = await shell.read([...inNamespace, 'get', 'pods', '-l', selector, '-o', 'name']);
    if (pods === '') return;
    await shell.run([...inNamespace, 'wait', '--for=delete', '--timeout=10m', ...pods.split('\n')]);
  }
}
