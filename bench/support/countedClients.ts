/** AWS clients that count what they cost: capacity units as DynamoDB reports them, and requests to SQS by name. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { isFinal, jobStatuses } from '../../core/job.ts';
import { entryItemKey } from '../../core/table/dynamodb/definition.ts';
import { workerKind } from '../../core/usecases/heartbeats.ts';
import type { Config } from '../../runtime/config.ts';
import { clientOptions } from '../../runtime/open.ts';

export interface Spent {
  /** By what was written: `record`, `claim`, `heartbeat`, `pointer` (at what a job waits for), `told` (a marker is removed) … */
  readonly writeUnits: Map<string, number>;
  /** The number of calls, by the same. */
  readonly writes: Map<string, number>;
  /** By what was read: `records`, `payloads`, `index`. */
  readonly readUnits: Map<string, number>;
  /** The number of items, by the same; a query counts as one. */
  readonly reads: Map<string, number>;
  /** By command. */
  readonly sqsRequests: Map<string, number>;
}

export interface CountedClients {
  readonly dynamodb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly spent: Spent;
}

/** DynamoDB Local reports the units of table and indexes together; for a batch, table by table. */
const capacity = z.object({ CapacityUnits: z.number().default(0) });
const answer = z.object({ output: z.object({ ConsumedCapacity: z.union([capacity, z.array(capacity)]).optional() }) });

export function openCountedClients(config: Config): CountedClients {
  const dynamodb = new DynamoDBClient(clientOptions(config, config.endpoints.dynamodb, { requestTimeoutMs: 10_000 }));
  const sqs = new SQSClient(clientOptions(config, config.endpoints.sqs, { requestTimeoutMs: 25_000 }));
  const spent: Spent = { writeUnits: new Map(), writes: new Map(), readUnits: new Map(), reads: new Map(), sqsRequests: new Map() };

  dynamodb.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        Object.assign(args.input, { ReturnConsumedCapacity: 'INDEXES' });
        const result = await next(args);
        const { ConsumedCapacity = [] } = answer.parse(result).output;
        const units = [ConsumedCapacity].flat().reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
        const isRead = /^(Get|BatchGet|Query|Scan)/.test(commandName);
        if (isRead) {
          const name = whatIsRead(args.input);
          add(spent.readUnits, name, units);
          add(spent.reads, name, keysOf(args.input).length || 1);
        } else if (!isOfWorker(args.input)) {
          const name = whatIsWritten(args.input);
          add(spent.writeUnits, name, units);
          add(spent.writes, name, 1);
        }
        return result;
      },
    { step: 'initialize', name: 'countCapacity' },
  );
  sqs.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        add(spent.sqsRequests, commandName, 1);
        return next(args);
      },
    // For each try of a request, as SQS bills it.
    { step: 'finalizeRequest', priority: 'low', name: 'countRequests' },
  );
  return { dynamodb, sqs, spent };
}

const text = z.object({ S: z.string() });
const put = z.object({ Item: z.object({ pk: text }) });
const update = z.object({
  ExpressionAttributeNames: z.record(z.string(), z.string()),
  ExpressionAttributeValues: z.object({ ':set_status': z.object({ S: z.enum(jobStatuses) }).optional() }),
});

/** A worker's heartbeats, which are not a cost of jobs. */
function isOfWorker(input: unknown): boolean {
  return put.safeParse(input).data?.Item.pk.S.startsWith(entryItemKey(`${workerKind.name}#`)) === true;
}

function whatIsWritten(input: unknown): string {
  const item = put.safeParse(input);
  if (item.success) return itemName(item.data.Item.pk.S);
  const { data } = update.safeParse(input);
  const status = data?.ExpressionAttributeValues[':set_status']?.S;
  const names = data?.ExpressionAttributeNames ?? {};
  if (status === undefined) return '#waitsFor' in names ? 'pointer' : '#tell' in names ? 'told' : 'heartbeat';
  if (status === 'PROCESSING') return 'claim';
  return isFinal(status) ? 'finish' : 'release';
}

const batch = z.object({ RequestItems: z.record(z.string(), z.object({ Keys: z.array(z.object({ pk: text })) })) });
const single = z.object({ Key: z.object({ pk: text }) });

function keysOf(input: unknown): readonly string[] {
  const tables = Object.values(batch.safeParse(input).data?.RequestItems ?? {});
  return tables.flatMap(({ Keys }) => Keys.map(({ pk }) => pk.S));
}

function whatIsRead(input: unknown): string {
  const pk = keysOf(input)[0] ?? single.safeParse(input).data?.Key.pk.S;
  return pk === undefined ? 'index' : `${itemName(pk)}s`;
}

function itemName(pk: string): string {
  return pk.startsWith('job#') ? 'record' : pk.startsWith('key#') ? 'lock' : pk.startsWith(entryItemKey('')) ? 'entry' : 'payload';
}

function add(totals: Map<string, number>, name: string, amount: number): void {
  totals.set(name, (totals.get(name) ?? 0) + amount);
}
