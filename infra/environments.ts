/** What dev, staging and prod differ in. Everything else is the same code. */
import { RetentionDays } from 'aws-cdk-lib/aws-logs';

export interface Environment {
  readonly name: 'dev' | 'staging' | 'prod';
  readonly region: string;
  /** False: `destroy` deletes table, bucket and images too. */
  readonly keepsData: boolean;
  /** Of the VPC made here; must not overlap with the cluster's. */
  readonly vpcCidr: string;
  readonly cluster: {
    /** Issuer of the cluster's service account tokens, without `https://`. `-c oidcProvider=…` replaces it. */
    readonly oidcProvider: string;
    /** The cluster's VPC in the same account and region, which is peered with ours. `-c clusterVpc=…` sets it. */
    readonly vpcId: string | undefined;
    readonly vpcCidr: string;
    readonly namespace: string;
  };
  readonly cache: { readonly nodeType: string; readonly shards: number; readonly replicasPerShard: number };
  readonly logRetention: RetentionDays;
}

/** Takes the place of an issuer until there is a cluster; no token is ever signed by it. */
const noCluster = 'oidc.example.invalid/id/CLUSTER';

export const environments: readonly Environment[] = [
  {
    name: 'dev',
    region: 'us-east-1',
    keepsData: true,
    vpcCidr: '10.80.0.0/20',
    cluster: { oidcProvider: noCluster, vpcId: undefined, vpcCidr: '10.0.0.0/16', namespace: 'job-tickets-dev' },
    cache: { nodeType: 'cache.t4g.micro', shards: 1, replicasPerShard: 0 },
    logRetention: RetentionDays.ONE_WEEK,
  },
  {
    name: 'staging',
    region: 'us-east-1',
    keepsData: true,
    vpcCidr: '10.80.16.0/20',
    cluster: { oidcProvider: noCluster, vpcId: undefined, vpcCidr: '10.0.0.0/16', namespace: 'job-tickets-staging' },
    cache: { nodeType: 'cache.t4g.micro', shards: 1, replicasPerShard: 1 },
    logRetention: RetentionDays.ONE_MONTH,
  },
  {
    name: 'prod',
    region: 'us-east-1',
    keepsData: true,
    vpcCidr: '10.80.32.0/20',
    cluster: { oidcProvider: noCluster, vpcId: undefined, vpcCidr: '10.0.0.0/16', namespace: 'job-tickets-prod' },
    cache: { nodeType: 'cache.m7g.large', shards: 1, replicasPerShard: 1 },
    logRetention: RetentionDays.THREE_MONTHS,
  },
];

export interface Overrides {
  readonly oidcProvider?: string | undefined;
  readonly clusterVpc?: string | undefined;
  /** `true`: the environment no longer keeps its data. */
  readonly deleteData?: string | undefined;
}

export function environmentWith(environment: Environment, { oidcProvider, clusterVpc, deleteData }: Overrides): Environment {
  const { cluster } = environment;
  return {
    ...environment,
    keepsData: environment.keepsData && deleteData !== 'true',
    cluster: { ...cluster, oidcProvider: oidcProvider ?? cluster.oidcProvider, vpcId: clusterVpc ?? cluster.vpcId },
  };
}
