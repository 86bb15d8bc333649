/** Reads many items in one call, strongly consistent: in no particular order, and without those that do not exist. */
import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { JobError } from '../../errors.ts';
import { retryLeftovers } from '../../retryLeftovers.ts';
import { available } from './available.ts';
import { encode, type Item } from './codec.ts';

export interface BatchGetDeps {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  /** 0 to 1, for jitter. */
  readonly random?: () => number;
}

/** Up to 100 keys. @throws {JobError} `TABLE_UNAVAILABLE`; the signal's reason once it fired. */
export type BatchGet = (pks: readonly string[], signal?: AbortSignal) => Promise<readonly Item[]>;

const backoff = { baseMs: 50, maxMs: 1000 };
/** Calls in a row that read nothing: about two seconds. */
const maxFailures = 6;

export function createBatchGet({ dynamodb, tableName, random = Math.random }: BatchGetDeps): BatchGet {
  return async (pks, signal) => {
    const items: Item[] = [];

    /** Above 16 MB per answer, or when throttled, DynamoDB leaves some items for the next call. */
    async function read(keys: readonly Item[]): Promise<readonly Item[]> {
      const command = new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: [...keys], ConsistentRead: true } } });
      const answer = await available(dynamodb.send(command, signal === undefined ? {} : { abortSignal: signal }), signal);
      items.push(...(answer.Responses?.[tableName] ?? []));
      return answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
    }

    const keys = [...new Set(pks)].map((pk) => encode({ pk }));
    const unread = await retryLeftovers(keys, read, { backoff, maxFailures, random, signal });
    if (unread.length > 0) throw new JobError('TABLE_UNAVAILABLE', {}, { cause: new Error(`${unread.length} items stayed unread`) });
    return items;
  };
}
