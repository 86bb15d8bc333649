import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DescribeTableCommand, DescribeTimeToLiveCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, GetQueueUrlCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { queueDefinitions } from '../../core/queue/sqs/definition.ts';
import { dynamoDbEmulators } from '../../test/support/emulators.ts';
import { createClients } from './clients.ts';
import { openEmbeddedAws } from './embeddedAws.ts';
import { provision } from './provision.ts';
import { queueAttributes } from './provisionQueues.ts';
import { createTableInput, provisionTable } from './provisionTable.ts';

describe.each(dynamoDbEmulators)('the table on $name', ({ name, open }) => {
  test('is as defined, also when it is provisioned again and by several processes at once', async () => {
    const emulator = await open();
    using clients = createClients({ region: 'us-east-1', endpoints: { dynamodb: emulator.endpoint } });
    const { dynamodb } = clients;
    const tableName = `Jobs-${randomUUID()}`;
    await Promise.all(Array.from({ length: 8 }, () => provisionTable(dynamodb, tableName)));
    await provisionTable(dynamodb, tableName);

    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: tableName }));
    const wanted = createTableInput(tableName);
    expect(Table).toMatchObject({ TableStatus: 'ACTIVE', KeySchema: wanted.KeySchema });
    const indexNames = Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName);
    expect(new Set(indexNames)).toEqual(new Set(wanted.GlobalSecondaryIndexes.map(({ IndexName }) => IndexName)));
    // dynalite has neither streams nor TTL.
    if (name === 'dynamodb-local') {
      expect(Table?.StreamSpecification).toEqual(wanted.StreamSpecification);
      expect(await ttlOf(dynamodb, tableName)).toBe('expiresAt');
    }
    await emulator.close();
  });
});

test('reports an index that an existing table lacks, and does not change the table', async () => {
  const aws = await openEmbeddedAws({ dataDir: '' });
  using clients = createClients({ region: 'us-east-1', endpoints: aws.endpoints });
  const { GlobalSecondaryIndexes, ...input } = createTableInput('Jobs');
  const [, ...others] = GlobalSecondaryIndexes;
  const AttributeDefinitions = ['pk', 'place', 'rank', 'jobId', 'troubledOwner'].map((AttributeName) => ({
    AttributeName,
    AttributeType: 'S' as const,
  }));
  await clients.dynamodb.send(new CreateTableCommand({ ...input, AttributeDefinitions, GlobalSecondaryIndexes: others }));
  await expect(provisionTable(clients.dynamodb, 'Jobs')).rejects.toThrow('table Jobs exists in another shape: index byOwner');
  await aws.close();
});

test('keeps dead letters longer than messages, and redrives all queues except the dead-letter queue', () => {
  const definitions = queueDefinitions({ queuePrefix: 'q', visibilityTimeoutSeconds: 30, maxReceiveCount: 3 });
  const [deadLetters, ...jobs] = definitions.map((definition) => queueAttributes(definition, 'arn'));
  expect(deadLetters).not.toHaveProperty('RedrivePolicy');
  expect(jobs).toHaveLength(3);
  for (const attributes of jobs) {
    expect(JSON.parse(attributes['RedrivePolicy'] ?? '')).toEqual({ deadLetterTargetArn: 'arn', maxReceiveCount: 3 });
    expect(Number(attributes['MessageRetentionPeriod'])).toBeLessThan(Number(deadLetters?.['MessageRetentionPeriod']));
  }
});

test('makes queues and buckets once, and updates changed attributes', async () => {
  const aws = await openEmbeddedAws({ dataDir: '' });
  using clients = createClients({ region: 'us-east-1', endpoints: aws.endpoints });
  const settings = { jobsTable: 'Jobs', queuePrefix: 'q', visibilityTimeoutSeconds: 30, maxReceiveCount: 3, s3Buckets: ['one', 'two'] };
  await provision(clients, settings);
  await provision(clients, settings);
  await provision(clients, { ...settings, visibilityTimeoutSeconds: 7, maxReceiveCount: 5 });

  const { QueueUrls = [] } = await clients.sqs.send(new ListQueuesCommand({}));
  expect(new Set(QueueUrls.map((url) => url.split('/').at(-1)))).toEqual(new Set(['q-dlq', 'q-high', 'q-low', 'q-normal']));
  const { Buckets = [] } = await clients.s3.send(new ListBucketsCommand({}));
  expect(Buckets.map(({ Name }) => Name)).toEqual(['one', 'two']);
  const { QueueUrl } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName: 'q-high' }));
  const { Attributes } = await clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  expect(Attributes).toMatchObject({ VisibilityTimeout: '7', MessageRetentionPeriod: '345600', ReceiveMessageWaitTimeSeconds: '20' });
  expect(JSON.parse(Attributes?.RedrivePolicy ?? '')).toEqual({
    deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:q-dlq',
    maxReceiveCount: 5,
  });
  await aws.close();
});

async function ttlOf(dynamodb: DynamoDBClient, tableName: string): Promise<string | undefined> {
  const { TimeToLiveDescription } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName: tableName }));
  return TimeToLiveDescription?.TimeToLiveStatus === 'ENABLED' ? TimeToLiveDescription.AttributeName : undefined;
}
