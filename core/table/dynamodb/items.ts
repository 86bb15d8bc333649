/** Reads and writes one item by its key: the basis for everything that is stored in the table. */
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { available, unavailable } from './available.ts';
import { encode, type Item } from './codec.ts';

export interface Condition {
  readonly expression: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

/** The result of a conditional write: undefined where it was made, else the item that failed the condition. */
export type Written = { readonly ok: true } | { readonly ok: false; readonly present: Item | undefined };

/** All reject with `TABLE_UNAVAILABLE` when DynamoDB does not answer. */
export interface Items {
  /** Strongly consistent. */
  get(pk: string): Promise<Item | undefined>;
  put(item: Item, condition?: Condition): Promise<Written>;
  remove(pk: string, condition?: Condition): Promise<Written>;
  /** The item that failed the condition of a write that threw. @throws any other error. */
  obstacle(pk: string, error: unknown): Promise<Item | undefined>;
}

export interface ItemsDeps {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
}

export function createItems({ dynamodb, tableName: TableName }: ItemsDeps): Items {
  async function get(pk: string): Promise<Item | undefined> {
    const { Item } = await available(dynamodb.send(new GetItemCommand({ TableName, Key: encode({ pk }), ConsistentRead: true })));
    return Item;
  }

  /** Some emulators do not send the item along. */
  async function obstacle(pk: string, error: unknown): Promise<Item | undefined> {
    if (!(error instanceof ConditionalCheckFailedException)) throw unavailable(error);
    return error.Item ?? (await get(pk));
  }

  async function unlessRefused(pk: string, write: Promise<unknown>): Promise<Written> {
    try {
      await write;
      return { ok: true };
    } catch (error) {
      return { ok: false, present: await obstacle(pk, error) };
    }
  }

  return {
    get,
    obstacle,
    put: (item, condition) =>
      unlessRefused(
        item['pk']?.S ?? '',
        dynamodb.send(new PutItemCommand({ TableName, Item: item, ...(condition === undefined ? {} : conditional(condition)) })),
      ),
    remove: (pk, condition) =>
      unlessRefused(
        pk,
        dynamodb.send(
          new DeleteItemCommand({ TableName, Key: encode({ pk }), ...(condition === undefined ? {} : conditional(condition)) }),
        ),
      ),
  };
}

function conditional({ expression, values }: Condition) {
  return {
    ConditionExpression: expression,
    ExpressionAttributeValues: values === undefined ? undefined : encode(values),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  } as const;
}
