/** The Jobs table on DynamoDB or an emulator of it. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  type GlobalSecondaryIndex,
  type GlobalSecondaryIndexDescription,
  type KeySchemaElement,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { jobsTable } from '../../core/table/dynamodb/definition.ts';

/** The methods of the log that are used. */
export interface ProvisionLog {
  info(details: object, message: string): void;
}

/** On AWS a table takes some ten seconds to become active. */
const activeWithinMs = 120_000;

/** @throws {Error} when a table of that name lacks a key or an index: it is not changed automatically. */
export async function provisionTable(dynamodb: DynamoDBClient, tableName: string, log?: ProvisionLog): Promise<void> {
  const input = createTableInput(tableName);
  if ((await describe(dynamodb, tableName)) === undefined) {
    await dynamodb.send(new CreateTableCommand(input)).catch((error: unknown) => {
      // Another process created it at the same moment.
      if (!(error instanceof ResourceInUseException)) throw error;
    });
  }
  checkShape(input, await untilActive(dynamodb, tableName));
  await enableTtl(dynamodb, tableName, log);
}

/** The table's definition as DynamoDB takes it. */
export function createTableInput(tableName: string): CreateTableCommandInput & { readonly GlobalSecondaryIndexes: GlobalSecondaryIndex[] } {
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: Object.entries(jobsTable.attributes).map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    KeySchema: [{ AttributeName: jobsTable.partitionKey, KeyType: 'HASH' }],
    GlobalSecondaryIndexes: Object.entries(jobsTable.indexes).map(([IndexName, { partitionKey, sortKey, include }]) => ({
      IndexName,
      KeySchema: [
        { AttributeName: partitionKey, KeyType: 'HASH' },
        { AttributeName: sortKey, KeyType: 'RANGE' },
      ],
      Projection: include.length === 0 ? { ProjectionType: 'KEYS_ONLY' } : { ProjectionType: 'INCLUDE', NonKeyAttributes: [...include] },
    })),
    StreamSpecification: { StreamEnabled: true, StreamViewType: jobsTable.stream },
  };
}

async function describe(dynamodb: DynamoDBClient, tableName: string): Promise<TableDescription | undefined> {
  try {
    return (await dynamodb.send(new DescribeTableCommand({ TableName: tableName }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function untilActive(dynamodb: DynamoDBClient, tableName: string): Promise<TableDescription> {
  const deadline = Date.now() + activeWithinMs;
  for (let waitMs = 20; ; waitMs = Math.min(waitMs * 2, 2000)) {
    const table = await describe(dynamodb, tableName);
    const indexes = table?.GlobalSecondaryIndexes ?? [];
    if (table?.TableStatus === 'ACTIVE' && indexes.every(({ IndexStatus }) => IndexStatus === 'ACTIVE')) return table;
    if (Date.now() > deadline) throw new Error(`table ${tableName} is ${table?.TableStatus ?? 'away'} after ${activeWithinMs / 1000} s`);
    await delay(waitMs);
  }
}

function checkShape(wanted: ReturnType<typeof createTableInput>, table: TableDescription): void {
  const found = new Map((table.GlobalSecondaryIndexes ?? []).map((index) => [index.IndexName, shapeOf(index)]));
  const wrong = wanted.GlobalSecondaryIndexes.filter((index) => found.get(index.IndexName) !== shapeOf(index)).map(
    ({ IndexName }) => `index ${IndexName}`,
  );
  if (keysOf(table.KeySchema) !== keysOf(wanted.KeySchema)) wrong.unshift('its key');
  if (wrong.length > 0) throw new Error(`table ${wanted.TableName} exists in another shape: ${wrong.join(', ')}`);
}

function shapeOf({ KeySchema, Projection }: GlobalSecondaryIndexDescription): string {
  return [keysOf(KeySchema), Projection?.ProjectionType, ...(Projection?.NonKeyAttributes ?? []).toSorted()].join(' ');
}

function keysOf(schema: KeySchemaElement[] | undefined): string {
  return (schema ?? []).map(({ AttributeName, KeyType }) => `${KeyType}:${AttributeName}`).join(' ');
}

/** Deletion of expired items is optional: it still works with an emulator that cannot do it. */
async function enableTtl(dynamodb: DynamoDBClient, tableName: string, log?: ProvisionLog): Promise<void> {
  if (await hasTtl(dynamodb, tableName)) return;
  const TimeToLiveSpecification = { Enabled: true, AttributeName: jobsTable.ttlAttribute };
  try {
    await dynamodb.send(new UpdateTimeToLiveCommand({ TableName: tableName, TimeToLiveSpecification }));
  } catch (error) {
    if (error instanceof Error && error.name === 'UnknownOperationException') {
      log?.info({ table: tableName }, 'this DynamoDB does not delete expired items');
    } else if (!(await hasTtl(dynamodb, tableName))) {
      throw error;
    }
    // Otherwise another process enabled it at the same moment.
  }
}

async function hasTtl(dynamodb: DynamoDBClient, tableName: string): Promise<boolean> {
  const { TimeToLiveDescription: ttl } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName: tableName }));
  return ttl?.TimeToLiveStatus === 'ENABLED' || ttl?.TimeToLiveStatus === 'ENABLING';
}
