/** What the commands of this folder share: arguments, the confirmation, and exit codes. */
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { ContextError, environmentNamed, requireCluster, withContext, type Context } from '../context.ts';
import type { Environment } from '../environments.ts';
import { contextOf } from './contextOf.ts';
import { createShell, StepFailed, type Command, type Shell } from './shell.ts';

export interface Target {
  readonly environment: Environment;
  /** The arguments unchanged, for the CDK. */
  readonly context: Context;
  readonly shell: Shell;
  readonly kubectl: Command;
  /** Nobody is there to answer. */
  readonly isUnattended: boolean;
}

export interface Given extends Target {
  readonly more: readonly string[];
  readonly platform: string | undefined;
  readonly deletesData: boolean;
}

export const root = join(import.meta.dirname, '../..');

/** Exit codes of sysexits.h: wrong arguments, and an error that a person has to correct first. */
const exitCodes = { usage: 64, config: 78 };

export class UsageError extends Error {}

/** @param usage The text after `npm run <name> --`. */
export async function runCommand(name: string, usage: string, run: (given: Given) => Promise<void>): Promise<void> {
  try {
    await run(parse(usage));
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined || !(error instanceof Error)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exitCode = code;
  }
}

function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof ContextError) return exitCodes.config;
  return error instanceof StepFailed ? 1 : undefined;
}

const options = {
  context: { type: 'string', short: 'c', multiple: true },
  'kube-context': { type: 'string' },
  platform: { type: 'string' },
  'delete-data': { type: 'boolean' },
  yes: { type: 'boolean' },
} as const;

function parse(usage: string): Given {
  const { values, positionals } = parsed(usage);
  const [name, ...more] = positionals;
  if (name === undefined) throw new UsageError(`usage: ${usage}`);
  const context = contextOf(values.context);
  const cluster = values['kube-context'];
  return {
    environment: withContext(environmentNamed(name), context),
    context,
    shell: createShell({ cwd: root, write: (text) => void process.stdout.write(text) }),
    kubectl: ['kubectl', ...(cluster === undefined ? [] : ['--context', cluster])],
    isUnattended: values.yes ?? false,
    more,
    platform: values.platform,
    deletesData: values['delete-data'] ?? false,
  };
}

function parsed(usage: string) {
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}; usage: ${usage}`, { cause: error });
  }
}

/** @throws {ContextError} where another name is answered, or none. */
export async function confirm({ environment: { name }, shell, isUnattended }: Target, what: string): Promise<void> {
  shell.say(what);
  if (isUnattended) return;
  using lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await Promise.race([
    lines.question(`Write ${name} to go on: `),
    new Promise<string>((resolve) => lines.once('close', () => resolve(''))),
  ]);
  if (answer.trim() !== name) throw new ContextError(`${JSON.stringify(answer.trim())} is not ${name}: nothing was done`);
}

/** Creates or updates the stack of the environment; a table and repositories that were kept are imported again. */
export function cdkDeploy({ environment, context, isUnattended }: Target): Command {
  requireCluster([environment]);
  return [
    'cdk',
    'deploy',
    stackOf(environment),
    '--import-existing-resources',
    '--require-approval',
    isUnattended ? 'never' : 'broadening',
    ...Object.entries({ environment: environment.name, ...context }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

export const stackOf = ({ name }: Environment): string => `job-tickets-${name}`;

/** An AWS command in the environment's region. */
export const aws = ({ region }: Environment, ...args: readonly string[]): Command => ['aws', ...args, '--region', region];

/** @throws {ContextError} where a restore switched to another table, and this revision does not name it. */
export async function requireTableInUse({ environment, shell }: Target): Promise<void> {
  const { name, table } = environment;
  const query = ['--query', 'Parameters[].Value', '--output', 'text'];
  const inUse = await shell.read(aws(environment, 'ssm', 'get-parameters', '--names', `/job-tickets/${name}/JOBS_TABLE`, ...query));
  if (inUse !== '' && inUse !== 'None' && inUse !== table) {
    throw new ContextError(
      `${name} uses the table ${inUse}, and infra/restoredTables.json of this revision names ${table}: commit that of the restore first`,
    );
  }
}
