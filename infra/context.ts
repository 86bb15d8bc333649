/** The values given on the command line (`-c name=value`), and the refusal of an environment that lacks some of them. */
import { environments, type Environment } from './environments.ts';

/** By the names that the command line takes. */
export interface Context {
  readonly oidcProvider?: string | undefined;
  readonly clusterVpc?: string | undefined;
  /** Separated by commas. */
  readonly clusterRouteTables?: string | undefined;
  /** `true`: the environment no longer keeps its data. */
  readonly deleteData?: string | undefined;
}

export const contextNames = [
  'oidcProvider',
  'clusterVpc',
  'clusterRouteTables',
  'deleteData',
] as const satisfies readonly (keyof Context)[];

/** An error that a person can correct: reported in one line. */
export class ContextError extends Error {
  override readonly name = 'ContextError';
}

/**
 * @param names Default: all environments.
 * @throws {ContextError} for staging or prod without their cluster. Without it, dev is made only to be looked at: no cluster
 * can use it.
 */
export function environmentsFor(names: readonly string[], context: Context): readonly Environment[] {
  const wanted = (names.length === 0 ? environments : names.map(environmentNamed)).map((one) => withContext(one, context));
  for (const environment of wanted) requireSense(environment);
  requireCluster(wanted.filter(({ name }) => name !== 'dev'));
  return wanted;
}

/** Values given on the command line override those in infra/environments.ts. */
export function withContext(environment: Environment, context: Context): Environment {
  const { cluster } = environment;
  return {
    ...environment,
    keepsData: environment.keepsData && context.deleteData !== 'true',
    cluster: {
      ...cluster,
      // As `aws eks describe-cluster` prints it, too.
      oidcProvider: context.oidcProvider?.replace(/^https:\/\//, '') ?? cluster.oidcProvider,
      vpcId: context.clusterVpc ?? cluster.vpcId,
      routeTables: context.clusterRouteTables?.split(',') ?? cluster.routeTables,
    },
  };
}

/** @throws {ContextError} for an unknown name. */
export function environmentNamed(name: string): Environment {
  const environment = environments.find((one) => one.name === name);
  if (environment !== undefined) return environment;
  throw new ContextError(`${JSON.stringify(name)} is not an environment: use one of ${environments.map((one) => one.name).join(', ')}`);
}

/** @throws {ContextError} for values that AWS would refuse or change. */
export function requireSense({ name, sweepIntervalSeconds }: Environment): void {
  if (sweepIntervalSeconds % 60 !== 0 || sweepIntervalSeconds === 0)
    throw new ContextError(`${name}: sweepIntervalSeconds is ${sweepIntervalSeconds}; AWS’s schedule takes whole minutes only`);
}

/**
 * Without its cluster a stack would trust nobody, and deploying it would remove an existing peering.
 * @throws {ContextError} naming everything that is missing, in one line.
 */
export function requireCluster(all: readonly Environment[]): void {
  const lacking = all.flatMap(({ name, cluster }) => {
    const missing = missingOf(cluster);
    return missing.length === 0 ? [] : [`${name} lacks ${missing.join(', ')}`];
  });
  if (lacking.length > 0) {
    throw new ContextError(`${lacking.join('; ')}: give them with -c <name>=<value>, or write them into infra/environments.ts`);
  }
}

function missingOf({ oidcProvider, vpcId, routeTables }: Environment['cluster']): readonly string[] {
  const known = { oidcProvider, clusterVpc: vpcId, clusterRouteTables: routeTables };
  return Object.entries(known).flatMap(([name, value]) => (value === undefined ? [name] : []));
}
