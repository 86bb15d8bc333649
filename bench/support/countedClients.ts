/** AWS clients that count what they cost: capacity units as DynamoDB tells them, and requests to SQS by name. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { Config } from '../../runtime/config.ts';
import { clientOptions } from '../../runtime/open.ts';

export interface Spent {
  /** By command. */
  readonly writeUnits: Map<string, number>;
  readonly readUnits: Map<string, number>;
  readonly sqsRequests: Map<string, number>;
}

/** DynamoDB Local tells the units of table and indexes together, or, for some calls, as one number. */
const answer = z.object({
  output: z.object({
    ConsumedCapacity: z
      .object({ CapacityUnits: z.number().default(0), ReadCapacityUnits: z.number().optional(), WriteCapacityUnits: z.number().optional() })
      .optional(),
  }),
});

export function openCountedClients(config: Config): { readonly dynamodb: DynamoDBClient; readonly sqs: SQSClient; readonly spent: Spent } {
  const dynamodb = new DynamoDBClient(clientOptions(config, config.endpoints.dynamodb, { requestTimeoutMs: 10_000 }));
  const sqs = new SQSClient(clientOptions(config, config.endpoints.sqs, { requestTimeoutMs: 25_000 }));
  const spent: Spent = { writeUnits: new Map(), readUnits: new Map(), sqsRequests: new Map() };

  dynamodb.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        Object.assign(args.input, { ReturnConsumedCapacity: 'INDEXES' });
        const result = await next(args);
        const { output } = answer.parse(result);
        const isRead = /^(Get|BatchGet|Query|Scan)/.test(commandName);
        add(isRead ? spent.readUnits : spent.writeUnits, commandName, output.ConsumedCapacity?.CapacityUnits ?? 0);
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

function add(totals: Map<string, number>, name: string, amount: number): void {
  totals.set(name, (totals.get(name) ?? 0) + amount);
}
