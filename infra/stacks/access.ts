/** Turns the grants into policy statements on exactly the resources they name, and makes the roles of the pods. */
import { Aws, CfnElement } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import { podGrants, scalerActions, type Grants } from '../grants.ts';
import { accept } from './accept.ts';
import type { Cache } from './cache.ts';
import type { Queues } from './queues.ts';
import { parametersPrefix } from './settings.ts';
import { sharedPrefix, type Storage } from './storage.ts';

export interface Resources {
  readonly storage: Storage;
  readonly queues: Queues;
  readonly cache: Cache;
  /** The environment whose settings are read. */
  readonly environment: string;
}

/** One statement for each kind of resource; an empty grant makes none. A part that writes objects is denied what no job may do. */
export function statementsOf(grants: Grants, { storage, queues, cache, environment }: Resources): PolicyStatement[] {
  const { table, bucket } = storage;
  const jobQueueArns = [...queues.jobs.values()].map(({ queueArn }) => queueArn);
  return [
    allow(grants.table, [table.tableArn]),
    allow(grants.indexes, [`${table.tableArn}/index/*`]),
    allow(grants.stream, table.tableStreamArn === undefined ? [] : [table.tableStreamArn]),
    allow(grants.jobQueues, jobQueueArns),
    allow(grants.deadLetters, [queues.deadLetters.queueArn]),
    allow(grants.relayFailures, [queues.relayFailures.queueArn]),
    allow(grants.bucket, [bucket.bucketArn]),
    allow(grants.objects, [bucket.arnForObjects('*')]),
    ...(grants.objects?.includes('s3:PutObject') === true ? refusedWrites(bucket) : []),
    allow(grants.parameters, parameterArns(environment)),
    allow(grants.cachePassword, [cache.password.secretArn]),
    allow(grants.tokenSecret, [tokenSecretArn(environment)]),
  ].filter((statement) => statement !== undefined);
}

/** Findings that the statements' wildcards cause: all indexes of one table, all objects of one bucket. */
export function acceptWildcards(role: Role, grants: Grants, { storage: { table, bucket }, environment }: Resources): void {
  if (grants.indexes !== undefined) {
    accept(role, `AwsSolutions-IAM5[Resource::<${logicalIdOf(table)}.Arn>/index/*]`, 'All indexes of this one table.');
  }
  if (grants.objects !== undefined) {
    const reason = 'All files of this one bucket: which ones jobs will name is not known beforehand.';
    accept(role, `AwsSolutions-IAM5[Resource::<${logicalIdOf(bucket)}.Arn>/*]`, reason);
  }
  if (grants.parameters !== undefined) {
    const under = `arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter${parametersPrefix(environment)}/*`;
    accept(role, `AwsSolutions-IAM5[Resource::${under}]`, 'All settings of this one environment.');
  }
}

function logicalIdOf(construct: Construct): string {
  const { defaultChild } = construct.node;
  if (defaultChild === undefined || !CfnElement.isCfnElement(defaultChild))
    throw new Error(`${construct.node.path} has no resource of its own`);
  const id: unknown = defaultChild.stack.resolve(defaultChild.logicalId);
  if (typeof id !== 'string') throw new Error(`${construct.node.path} has no logical id`);
  return id;
}

/**
 * In addition to the code's own checks: shared objects are not written, and no object is replaced without a look at it
 * ("Enforce conditional writes").
 */
function refusedWrites(bucket: Storage['bucket']): PolicyStatement[] {
  const refused = { effect: Effect.DENY, actions: ['s3:PutObject'] };
  return [
    new PolicyStatement({ ...refused, resources: [bucket.arnForObjects(`${sharedPrefix}*`)] }),
    new PolicyStatement({
      ...refused,
      resources: [bucket.arnForObjects('*')],
      conditions: {
        Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' },
        // The steps of a multipart upload before its last one take no condition.
        Bool: { 's3:ObjectCreationOperation': 'true' },
      },
    }),
  ];
}

function allow(actions: readonly string[] | undefined, resources: string[]): PolicyStatement | undefined {
  return actions === undefined ? undefined : new PolicyStatement({ actions: [...actions], resources });
}

/** Stands for the issuer where dev is only synthesized; it never signs a token. */
const noCluster = 'oidc.example.invalid/id/CLUSTER';

/** The roles of the pods, assumed with the token of their service account (IRSA). */
export function addPodRoles(parent: Construct, environment: Environment, resources: Resources): void {
  const scope = new Construct(parent, 'Pods');
  const { name, cluster } = environment;
  const issuer = cluster.oidcProvider ?? noCluster;
  const trusted = (namespace: string, serviceAccount: string) =>
    new WebIdentityPrincipal(`arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:oidc-provider/${issuer}`, {
      StringEquals: {
        [`${issuer}:aud`]: 'sts.amazonaws.com',
        [`${issuer}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
      },
    });
  function addRole(part: string, description: string, assumedBy: WebIdentityPrincipal, statements: PolicyStatement[]): Role {
    const inlinePolicies = { own: new PolicyDocument({ statements }) };
    return new Role(scope, part, { roleName: podRoleName(name, part), description, assumedBy, inlinePolicies });
  }

  for (const [part, grants] of Object.entries(podGrants)) {
    const role = addRole(part, `Pods of the ${part} of Job Tickets`, trusted(cluster.namespace, part), statementsOf(grants, resources));
    acceptWildcards(role, grants, resources);
  }

  const jobQueueArns = [...resources.queues.jobs.values()].map(({ queueArn }) => queueArn);
  addRole('scaler', 'KEDA looks at the depth of the queues', trusted('keda', 'keda-operator'), [
    new PolicyStatement({ actions: [...scalerActions], resources: jobQueueArns }),
  ]);
}

/** Both the path and what is below it: a call by path needs the first, its results the second. */
function parameterArns(environment: string): string[] {
  const path = `arn:${Aws.PARTITION}:ssm:${Aws.REGION}:${Aws.ACCOUNT_ID}:parameter${parametersPrefix(environment)}`;
  return [path, `${path}/*`];
}

/** Secrets Manager adds six characters of its own to the name. */
function tokenSecretArn(environment: string): string {
  return `arn:${Aws.PARTITION}:secretsmanager:${Aws.REGION}:${Aws.ACCOUNT_ID}:secret:job-tickets/${environment}/JWT_SECRET-??????`;
}

/** Known beforehand, since the service accounts of k8s/ name them. */
export const podRoleName = (environment: string, part: string): string => `job-tickets-${environment}-${part}`;
