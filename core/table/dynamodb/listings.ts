/** The table's two indexes: an owner's jobs, and the jobs that have not ended. */
import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { isFinal, type JobStatus } from '../../job.ts';
import type { Listings } from '../jobTable.ts';
import { available } from './available.ts';
import { encode, type Item } from './codec.ts';
import { jobsTable, openShards } from './definition.ts';

const row = z.object({ jobId: z.string() });
const jobIdOf = (item: Item): string => row.parse(unmarshall(item)).jobId;

export function createListings({
  dynamodb,
  tableName: TableName,
}: {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
}): Listings {
  return {
    async listOwned({ owner, status, type, newestFirst, beyond, limit }) {
      const values: Record<string, unknown> = { ':owner': owner };
      const names: Record<string, string> = { '#owner': jobsTable.indexes.byOwner.partitionKey };
      let keys = '#owner = :owner';
      if (beyond !== undefined) {
        keys += ` AND jobId ${newestFirst ? '<' : '>'} :beyond`;
        values[':beyond'] = beyond;
      }
      const filters = [
        status === undefined ? undefined : statusFilter(status, values),
        type === undefined ? undefined : typeFilter(type, names, values),
      ].filter((filter) => filter !== undefined);

      const ids: string[] = [];
      let start: Item | undefined;
      do {
        const page = await available(
          dynamodb.send(
            new QueryCommand({
              TableName,
              IndexName: 'byOwner',
              KeyConditionExpression: keys,
              FilterExpression: filters.length === 0 ? undefined : filters.join(' AND '),
              ExpressionAttributeNames: names,
              ExpressionAttributeValues: encode(values),
              ScanIndexForward: !newestFirst,
              // Limit counts rows before the filter; a filtered page reads on until it is full.
              Limit: filters.length === 0 ? limit - ids.length : undefined,
              ExclusiveStartKey: start,
            }),
          ),
        );
        for (const item of page.Items ?? []) ids.push(jobIdOf(item));
        start = page.LastEvaluatedKey;
      } while (start !== undefined && ids.length < limit);
      return ids.slice(0, limit);
    },

    async listOpen({ after = '', before, limit }) {
      if (after >= before) return { jobIds: [], next: undefined };
      // Ids end at random, so the shards' next ones lie side by side.
      const perShard = Math.ceil(limit / openShards);
      const shards = await Promise.all(
        Array.from({ length: openShards }, async (_, shard) => {
          const { Items = [], LastEvaluatedKey } = await available(
            dynamodb.send(
              new QueryCommand({
                TableName,
                IndexName: 'open',
                KeyConditionExpression: 'openShard = :shard AND jobId BETWEEN :after AND :before',
                ExpressionAttributeValues: encode({ ':shard': `open#${shard}`, ':after': `${after} `, ':before': before }),
                Limit: perShard,
              }),
            ),
          );
          return { jobIds: Items.map(jobIdOf).filter((jobId) => jobId < before), isWhole: LastEvaluatedKey === undefined };
        }),
      );
      // Behind the last id of a shard that has more, this page does not know the order.
      const ends = shards.flatMap(({ jobIds, isWhole }) => (isWhole ? [] : [jobIds.at(-1) ?? before]));
      const next = ends.toSorted()[0];
      const jobIds = shards.flatMap((shard) => shard.jobIds).toSorted();
      return { jobIds: next === undefined ? jobIds : jobIds.filter((jobId) => jobId <= next), next };
    },
  };
}

function statusFilter(statuses: readonly JobStatus[], values: Record<string, unknown>): string {
  const outcomes = statuses.filter(isFinal);
  const conditions = [];
  if (outcomes.length < statuses.length) conditions.push('attribute_not_exists(outcome)');
  if (outcomes.length > 0) conditions.push(`outcome IN (${placeholders('outcome', outcomes, values)})`);
  return `(${conditions.join(' OR ')})`;
}

function typeFilter(types: readonly string[], names: Record<string, string>, values: Record<string, unknown>): string {
  names['#type'] = 'type';
  return `#type IN (${placeholders('type', types, values)})`;
}

function placeholders(name: string, list: readonly string[], values: Record<string, unknown>): string {
  return list
    .map((value, index) => {
      values[`:${name}${index}`] = value;
      return `:${name}${index}`;
    })
    .join(', ');
}
