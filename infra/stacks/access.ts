/** Turns the grants into policy statements on exactly the resources they name, and makes the roles of the pods. */
import { Aws, CfnElement } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import { addOnActions, podGrants, type Grants } from '../grants.ts';
import { accept } from './accept.ts';
import type { Queues } from './queues.ts';
import type { StoredSettings } from './settings.ts';
import type { Storage } from './storage.ts';

export interface Resources {
  readonly storage: Storage;
  readonly queues: Queues;
}

/** One statement a kind of resource; an empty grant makes none. */
export function statementsOf(grants: Grants, { storage: { table, bucket }, queues }: Resources): PolicyStatement[] {
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
  ].filter((statement) => statement !== undefined);
}

/** Findings that the statements' wildcards raise: all indexes of one table, all objects of one bucket. */
export function acceptWildcards(role: Role, grants: Grants, { storage: { table, bucket } }: Resources): void {
  if (grants.indexes !== undefined) {
    accept(role, `AwsSolutions-IAM5[Resource::<${logicalIdOf(table)}.Arn>/index/*]`, 'All indexes of this one table.');
  }
  if (grants.objects !== undefined) {
    const reason = 'All files of this one bucket: what jobs name is not known before.';
    accept(role, `AwsSolutions-IAM5[Resource::<${logicalIdOf(bucket)}.Arn>/*]`, reason);
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

function allow(actions: readonly string[] | undefined, resources: string[]): PolicyStatement | undefined {
  return actions === undefined ? undefined : new PolicyStatement({ actions: [...actions], resources });
}

/** The roles of the pods, assumed with the token of their service account (IRSA). */
export function addPodRoles(parent: Construct, environment: Environment, resources: Resources, settings: StoredSettings): void {
  const scope = new Construct(parent, 'Pods');
  const { name, cluster } = environment;
  const trusted = (namespace: string, serviceAccount: string) =>
    new WebIdentityPrincipal(`arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:oidc-provider/${cluster.oidcProvider}`, {
      StringEquals: {
        [`${cluster.oidcProvider}:aud`]: 'sts.amazonaws.com',
        [`${cluster.oidcProvider}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
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

  const { scaler, settings: reader } = addOnActions;
  const jobQueueArns = [...resources.queues.jobs.values()].map(({ queueArn }) => queueArn);
  addRole('scaler', 'KEDA looks at the depth of the queues', trusted('keda', 'keda-operator'), [
    new PolicyStatement({ actions: [...scaler.queues], resources: jobQueueArns }),
  ]);
  addRole('settings', 'External Secrets reads the settings of the pods', trusted(cluster.namespace, 'settings'), [
    new PolicyStatement({ actions: [...reader.parameters], resources: settings.parameters.map(({ parameterArn }) => parameterArn) }),
    new PolicyStatement({ actions: [...reader.secrets], resources: settings.secrets.map(({ secretArn }) => secretArn) }),
  ]);
}

/** Known beforehand, since the service accounts of k8s/ name them. */
export const podRoleName = (environment: string, part: string): string => `job-tickets-${environment}-${part}`;
