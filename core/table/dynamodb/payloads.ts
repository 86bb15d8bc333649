/** Params and results in items of their own: none of their attributes is in an index, and the stream shows no version. */
import { ConditionalCheckFailedException, PutItemCommand, UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { JsonValue } from '../../job.ts';
import type { Payloads } from '../jobTable.ts';
import { keptPayload, needsRenewal, payloadExpiry } from '../payloadLife.ts';
import { unavailable } from './available.ts';
import type { BatchGet } from './batchGet.ts';
import { decodePayload, encode, encodePayloadItem } from './codec.ts';
import { payloadItemKey } from './definition.ts';

export interface PayloadsDeps {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly jobTtlDays: number;
  readonly batchGet: BatchGet;
}

export function createPayloads({ dynamodb, tableName: TableName, jobTtlDays, batchGet }: PayloadsDeps): Payloads {
  return {
    keepPayload: (payload) =>
      keptPayload(payload, jobTtlDays, async (item) => {
        const put = new PutItemCommand({
          TableName,
          Item: encodePayloadItem(item),
          ConditionExpression: 'attribute_not_exists(pk)',
        });
        // The key is unique to this call: if an item is there already, the SDK wrote it before it sent the request again.
        await unlessRefused(dynamodb.send(put));
      }),

    async readPayloads(keys, signal) {
      const found = new Map<string, JsonValue>();
      for (const item of await batchGet(keys.map(payloadItemKey), signal)) {
        const { pk, value } = decodePayload(item);
        found.set(pk, value);
      }
      return keys.map((key) => found.get(payloadItemKey(key)));
    },

    async renewPayload(pointer, now) {
      if (!needsRenewal(pointer.expiresAt, now, jobTtlDays)) return pointer;
      const expiresAt = payloadExpiry(now, jobTtlDays);
      const update = new UpdateItemCommand({
        TableName,
        Key: encode({ pk: payloadItemKey(pointer.key) }),
        // An item that was deleted is not created again without a value, and a later expiry is kept.
        ConditionExpression: 'attribute_exists(pk) AND expiresAt < :expiresAt',
        UpdateExpression: 'SET expiresAt = :expiresAt',
        ExpressionAttributeValues: encode({ ':expiresAt': expiresAt }),
      });
      await unlessRefused(dynamodb.send(update));
      return { ...pointer, expiresAt };
    },
  };
}

async function unlessRefused(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw unavailable(error);
  }
}
