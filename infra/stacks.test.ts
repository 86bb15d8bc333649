import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { queueDefinitions } from '../core/queue/sqs/definition.ts';
import { describeSettings, parseConfig } from '../runtime/config.ts';
import { environments } from './environments.ts';
import { queueAttributes } from './local/provisionQueues.ts';
import { createTableInput } from './local/provisionTable.ts';
import { synthesize } from './testTemplates.ts';

const templates = await synthesize();
afterAll(() => templates[Symbol.asyncDispose]());

describe.each(environments.map(({ name }) => name))('%s', (name) => {
  test('the table is the one that the provisioning makes', async () => {
    const [[, table] = []] = await templates.ofType(name, 'AWS::DynamoDB::GlobalTable');
    const { StreamSpecification, GlobalSecondaryIndexes, AttributeDefinitions, ...wanted } = createTableInput(`Jobs-${name}`);
    expect(table).toMatchObject({ ...wanted, StreamSpecification: { StreamViewType: StreamSpecification?.StreamViewType } });
    expect(asSet(table?.['GlobalSecondaryIndexes'])).toEqual(asSet(GlobalSecondaryIndexes));
    expect(asSet(table?.['AttributeDefinitions'])).toEqual(asSet(AttributeDefinitions));
    expect(table).toMatchObject({
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }, DeletionProtectionEnabled: true }],
    });
  });

  test('the queues are those that the provisioning makes, encrypted', async () => {
    const queues = new Map((await templates.ofType(name, 'AWS::SQS::Queue')).map(([id, queue]) => [queue['QueueName'], { id, queue }]));
    const definitions = queueDefinitions({ ...parseConfig({}), queuePrefix: `jobs-${name}` });
    for (const definition of definitions) {
      const { RedrivePolicy, VisibilityTimeout, ...numbers } = queueAttributes(definition, 'arn');
      const found = queues.get(definition.name)?.queue;
      expect(found).toMatchObject({
        ...Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, Number(value)])),
        SqsManagedSseEnabled: true,
      });
      // The dead-letter queue has its Lambda's.
      if (RedrivePolicy === undefined) continue;
      expect(found?.['VisibilityTimeout']).toBe(Number(VisibilityTimeout));
      const deadLetterTargetArn = { 'Fn::GetAtt': [queues.get(definition.redrive?.deadLetterQueue)?.id, 'Arn'] };
      expect(found?.['RedrivePolicy']).toEqual({ deadLetterTargetArn, maxReceiveCount: definition.redrive?.maxReceiveCount });
    }
    expect(new Set(queues.keys())).toEqual(new Set([...definitions.map((queue) => queue.name), `jobs-${name}-relay-failures`]));
  });

  test('every setting it writes exists in the code and is valid', async () => {
    const known = new Set(describeSettings().map((setting) => setting.name));
    const parameters = (await templates.ofType(name, 'AWS::SSM::Parameter')).map(([, { Name, Value }]) => [String(Name), Value] as const);
    const settings = parameters.map(([path, value]) => [path.replace(`/job-tickets/${name}/`, ''), value] as const);
    expect(settings.map(([setting]) => setting).filter((setting) => !known.has(setting))).toEqual([]);
    const plain = settings.filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string');
    expect(() => parseConfig(Object.fromEntries(plain))).not.toThrow();
    for (const [, lambda] of await templates.ofType(name, 'AWS::Lambda::Function')) {
      const { Variables } = z.object({ Variables: z.record(z.string(), z.unknown()) }).parse(lambda['Environment']);
      expect(Object.keys(Variables).filter((variable) => !known.has(variable))).toEqual([]);
    }
  });

  test('the event sources are mapped as outside AWS', async () => {
    const mappings = (await templates.ofType(name, 'AWS::Lambda::EventSourceMapping')).map(([, mapping]) => mapping);
    const [dead, stream] = mappings;
    expect(mappings).toHaveLength(2);
    expect(dead).toMatchObject({ BatchSize: 1, FunctionResponseTypes: ['ReportBatchItemFailures'] });
    expect(stream).toMatchObject({
      BatchSize: 100,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 10,
      MaximumRecordAgeInSeconds: 300,
    });
    expect(JSON.stringify(stream?.['DestinationConfig'])).toContain('Queuesrelayfailures');
    const [[, rule] = []] = await templates.ofType(name, 'AWS::Events::Rule');
    expect(rule).toMatchObject({ ScheduleExpression: 'rate(1 minute)' });
  });

  test('every Lambda is traced by X-Ray, and by no policy beside its role’s own', async () => {
    const lambdas = await templates.ofType(name, 'AWS::Lambda::Function');
    expect(lambdas.map(([, { TracingConfig }]) => TracingConfig)).toEqual([{ Mode: 'Active' }, { Mode: 'Active' }, { Mode: 'Active' }]);
    const policies = await templates.ofType(name, 'AWS::IAM::Policy');
    expect(policies.map(([id]) => id).filter((id) => id.startsWith('Lambdas'))).toEqual([]);
  });

  test('a dead letter stays hidden for at least six times as long as its Lambda may run', async () => {
    const lambdas = (await templates.ofType(name, 'AWS::Lambda::Function')).map(([, lambda]) => lambda);
    const dlqHandler = lambdas.find(({ FunctionName }) => FunctionName === `job-tickets-${name}-dlqHandler`);
    const queues = (await templates.ofType(name, 'AWS::SQS::Queue')).map(([, queue]) => queue);
    const deadLetters = queues.find(({ QueueName }) => QueueName === `jobs-${name}-dlq`);
    expect(Number(dlqHandler?.['Timeout'])).toBeGreaterThan(0);
    expect(Number(deadLetters?.['VisibilityTimeout'])).toBeGreaterThanOrEqual(6 * Number(dlqHandler?.['Timeout']));
  });

  test('the concurrency of each Lambda is reserved, except in dev', async () => {
    const reserved = (await templates.ofType(name, 'AWS::Lambda::Function')).map(([, lambda]) => lambda['ReservedConcurrentExecutions']);
    expect(reserved).toEqual(name === 'dev' ? [undefined, undefined, undefined] : [10, 100, 1]);
    const mappings = (await templates.ofType(name, 'AWS::Lambda::EventSourceMapping')).map(([, mapping]) => mapping);
    expect(mappings.flatMap(({ ScalingConfig }) => ScalingConfig ?? [])).toEqual([{ MaximumConcurrency: 10 }]);
  });

  test('queues, buckets and topics refuse requests without TLS', async () => {
    const kinds = new Set(['AWS::SQS::Queue', 'AWS::S3::Bucket', 'AWS::SNS::Topic']);
    const policies = new Set(['AWS::SQS::QueuePolicy', 'AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy']);
    const resources = Object.values(await templates.resources(name));
    const made = resources.filter(({ Type }) => kinds.has(Type));
    const refusing = resources.filter(({ Type, Properties }) => policies.has(Type) && JSON.stringify(Properties).includes(withoutTls));
    expect(made.length).toBeGreaterThanOrEqual(8);
    expect(refusing).toHaveLength(made.length);
    const bucketPolicies = refusing.filter(({ Type }) => Type === 'AWS::S3::BucketPolicy');
    expect(bucketPolicies.map(({ Properties }) => JSON.stringify(Properties).includes('{"s3:TlsVersion":1.2}'))).toEqual([true, true]);
  });

  test('no setting contains a password, and each part that needs it reads it from its secret', async () => {
    const parameters = (await templates.ofType(name, 'AWS::SSM::Parameter')).map(([, parameter]) => parameter);
    const lambdas = (await templates.ofType(name, 'AWS::Lambda::Function')).map(([, lambda]) => lambda);
    expect(JSON.stringify([parameters, lambdas])).not.toContain('{{resolve');
    const [[secret] = [], ...others] = await templates.ofType(name, 'AWS::SecretsManager::Secret');
    expect(others).toEqual([]);
    const settings = [...lambdas.map(({ Environment }) => Environment), ...parameters.map(({ Value }) => ({ REDIS_PASSWORD_ARN: Value }))];
    expect(settings.filter((setting) => JSON.stringify(setting).includes(`"REDIS_PASSWORD_ARN":{"Ref":"${secret}"}`))).toHaveLength(4);
  });

  test('has no NAT gateway, and makes the cache available only over TLS with a password', async () => {
    expect(await templates.ofType(name, 'AWS::EC2::NatGateway')).toEqual([]);
    const [[, valkey] = []] = await templates.ofType(name, 'AWS::ElastiCache::ReplicationGroup');
    expect(valkey).toMatchObject({ Engine: 'valkey', TransitEncryptionEnabled: true, TransitEncryptionMode: 'required' });
    expect(valkey?.['AuthToken']).toBeDefined();
  });
});

describe('teardown', () => {
  const data = new Set(['AWS::DynamoDB::GlobalTable', 'AWS::S3::Bucket', 'AWS::ECR::Repository', 'AWS::SecretsManager::Secret']);
  const fates = async (from: typeof templates) =>
    new Set(Object.values(await from.resources('prod')).flatMap(({ Type, DeletionPolicy }) => (data.has(Type) ? [DeletionPolicy] : [])));

  test('keeps table, files, images and secrets', async () => {
    expect(await fates(templates)).toEqual(new Set(['Retain']));
  });

  test('deletes them only where that was requested before', async () => {
    await using deleting = await synthesize({ context: { deleteData: 'true' }, only: 'prod' });
    expect(await fates(deleting)).toEqual(new Set(['Delete']));
  });
});

test('peers with the cluster’s VPC, with routes there and back, and trusts its tokens', async () => {
  await using peered = await synthesize({ context: { oidcProvider: 'https://oidc.example.com/id/1' }, only: 'prod' });
  const routes = (await peered.ofType('prod', 'AWS::EC2::Route')).map(([, route]) => String(route['DestinationCidrBlock']));
  expect(routes.toSorted((a, b) => a.localeCompare(b))).toEqual(['10.0.0.0/16', '10.0.0.0/16', '10.80.32.0/20', '10.80.32.0/20']);
  expect(await peered.ofType('prod', 'AWS::EC2::VPCPeeringConnection')).toMatchObject([[expect.any(String), { PeerVpcId: 'vpc-1' }]]);
  const roles = JSON.stringify(await peered.ofType('prod', 'AWS::IAM::Role'));
  expect(roles).toContain('"oidc.example.com/id/1:sub":"system:serviceaccount:job-tickets-prod:worker"');
});

test('cdk-nag ends the synthesis at a finding that was not accepted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-nag-'));
  const app = new App({ outdir: folder });
  const stack = new Stack(app, 'bad');
  expect(new Bucket(stack, 'Bucket').node.path).toBe('bad/Bucket');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => app.synth()).toThrow(/does not require requests to use SSL/);
  await rm(folder, { recursive: true });
});

/** The statement that denies, in the policies of the CDK. */
const withoutTls = '"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"';

/** DynamoDB lists indexes and attributes in any order. */
function asSet(list: unknown): Set<unknown> {
  return new Set(z.array(z.unknown()).parse(list));
}
