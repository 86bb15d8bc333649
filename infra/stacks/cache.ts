/** Valkey for the feed: TLS, a password, and no snapshots, since it carries hints and the table is the truth. */
import { CfnParameterGroup, CfnReplicationGroup, CfnSubnetGroup } from 'aws-cdk-lib/aws-elasticache';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import { accept } from './accept.ts';
import { cachePort, type Network } from './network.ts';
import { removalPolicy } from './storage.ts';

export interface Cache {
  readonly replicationGroupId: string;
  /** REDIS_URL without its password: its name stays valid when shards change. */
  readonly url: string;
  /** REDIS_PASSWORD_ARN; a process that can read the secret can listen to the feed. */
  readonly password: Secret;
  readonly isCluster: boolean;
}

export function addCache(parent: Construct, { name, cache: size, keepsData }: Environment, { vpc, cache: securityGroup }: Network): Cache {
  const scope = new Construct(parent, 'Cache');
  const isCluster = size.shards > 1;
  const password = new Secret(scope, 'Password', {
    description: 'Password of the Valkey of Job Tickets',
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
    removalPolicy: removalPolicy(keepsData),
  });
  const subnets = new CfnSubnetGroup(scope, 'Subnets', {
    description: 'Valkey of Job Tickets',
    subnetIds: vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
  });
  const parameters = new CfnParameterGroup(scope, 'Parameters', {
    cacheParameterGroupFamily: 'valkey8',
    description: 'Valkey of Job Tickets',
    properties: { 'cluster-enabled': isCluster ? 'yes' : 'no' },
  });
  const valkey = new CfnReplicationGroup(scope, 'Valkey', {
    replicationGroupDescription: `Feed of Job Tickets, ${name}`,
    engine: 'valkey',
    engineVersion: '8.0',
    cacheNodeType: size.nodeType,
    numNodeGroups: size.shards,
    replicasPerNodeGroup: size.replicasPerShard,
    automaticFailoverEnabled: isCluster || size.replicasPerShard > 0,
    multiAzEnabled: size.replicasPerShard > 0,
    port: cachePort,
    transitEncryptionEnabled: true,
    transitEncryptionMode: 'required',
    atRestEncryptionEnabled: true,
    authToken: password.secretValue.unsafeUnwrap(),
    cacheParameterGroupName: parameters.ref,
    cacheSubnetGroupName: subnets.ref,
    securityGroupIds: [securityGroup.securityGroupId],
    autoMinorVersionUpgrade: true,
    snapshotRetentionLimit: 0,
  });
  const host = isCluster ? valkey.attrConfigurationEndPointAddress : valkey.attrPrimaryEndPointAddress;
  accept(password, 'AwsSolutions-SMG4', 'ElastiCache has no rotation by schedule; docs/operations.md describes the manual rotation.');
  if (size.replicasPerShard === 0) {
    accept(valkey, 'AwsSolutions-AEC4', 'One node: while it is away the servers read the table, so that development does not pay for two.');
  }
  return { replicationGroupId: valkey.ref, url: `rediss://${host}:${cachePort}`, password, isCluster };
}
