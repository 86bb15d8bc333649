/** The differences between dev, staging and prod. Everything else is the same code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export type EnvironmentName = 'dev' | 'staging' | 'prod';

export interface Environment {
  readonly name: EnvironmentName;
  readonly region: string;
  /** False: `destroy` deletes table, buckets, images and secrets too. */
  readonly keepsData: boolean;
  /** The VPC that the stack makes; must not overlap with the cluster's. */
  readonly vpcCidr: string;
  readonly cluster: Cluster;
  readonly cache: { readonly nodeType: string; readonly shards: number; readonly replicasPerShard: number };
  /** The queues are made with these, and workers and Lambdas read them from the stack. */
  readonly queues: { readonly visibilityTimeoutSeconds: number; readonly maxReceiveCount: number };
  /** Whole minutes: the schedule takes nothing shorter. */
  readonly sweepIntervalSeconds: number;
  /**
   * Reserves each Lambda's concurrency from the account's, of which AWS keeps 100 unreserved: a new account, which has 10, has
   * to ask for more first. False: the Lambdas share what the account has.
   */
  readonly reservesConcurrency: boolean;
  /** The name of the table in use. */
  readonly table: string;
  readonly logRetentionDays: 7 | 30 | 90;
}

/** The cluster that the pods run in. Fields that are undefined have to be given before it is deployed. */
export interface Cluster {
  /** Issuer of its service account tokens, without `https://`. */
  readonly oidcProvider: string | undefined;
  /** Its VPC in the same account and region, which is peered with the stack's. */
  readonly vpcId: string | undefined;
  /** The route tables of its subnets with pods: they get the route to the cache. */
  readonly routeTables: readonly string[] | undefined;
  /** Also in k8s/, in the overlay's network policy. */
  readonly vpcCidr: string;
  readonly namespace: string;
}

const unknownCluster = { oidcProvider: undefined, vpcId: undefined, routeTables: undefined, vpcCidr: '10.0.0.0/16' };
const queues = { visibilityTimeoutSeconds: 30, maxReceiveCount: 3 };

/** The tables of restored environments, by environment; written by `npm run restore`. */
const restoredTables = z
  .record(z.string(), z.string())
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'restoredTables.json'), 'utf8')));

const tableOf = (name: EnvironmentName): string => restoredTables[name] ?? originalTable(name);

/** The table that the first deployment makes. */
export const originalTable = (name: EnvironmentName): string => `Jobs-${name}`;

export const environments: readonly Environment[] = [
  {
    name: 'dev',
    region: 'us-east-1',
    keepsData: true,
    vpcCidr: '10.80.0.0/20',
    cluster: { ...unknownCluster, namespace: 'job-tickets-dev' },
    cache: { nodeType: 'cache.t4g.micro', shards: 1, replicasPerShard: 0 },
    queues,
    sweepIntervalSeconds: 60,
    reservesConcurrency: false,
    table: tableOf('dev'),
    logRetentionDays: 7,
  },
  {
    name: 'staging',
    region: 'us-east-1',
    keepsData: true,
    vpcCidr: '10.80.16.0/20',
    cluster: { ...unknownCluster, namespace: 'job-tickets-staging' },
    cache: { nodeType: 'cache.t4g.micro', shards: 1, replicasPerShard: 1 },
    queues,
    sweepIntervalSeconds: 60,
    reservesConcurrency: true,
    table: tableOf('staging'),
    logRetentionDays: 30,
  },
  {
    name: 'prod',
    region: 'us-east-1',
    keepsData: true,
    vpcCidr: '10.80.32.0/20',
    cluster: { ...unknownCluster, namespace: 'job-tickets-prod' },
    cache: { nodeType: 'cache.m7g.large', shards: 1, replicasPerShard: 1 },
    queues,
    sweepIntervalSeconds: 60,
    reservesConcurrency: true,
    table: tableOf('prod'),
    logRetentionDays: 90,
  },
];
