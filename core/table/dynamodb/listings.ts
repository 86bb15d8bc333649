/** The table's lists of jobs: an owner's, and those of a place. */
import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { isFinal, type JobStatus } from '../../job.ts';
import { byRank } from '../../place.ts';
import type { Listings } from '../jobTable.ts';
import { available } from './available.ts';
import { encode, type Item } from './codec.ts';
import { jobIdOfKey, jobShard, jobsTable, placeShards, shardOf } from './definition.ts';
import type { ReadPlace } from './places.ts';

const row = z.object({ jobId: z.string() });
const jobIdOf = (item: Item): string => row.parse(unmarshall(item)).jobId;

export interface ListingsDeps {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly readPlace: ReadPlace;
}

export function createListings({ dynamodb, tableName: TableName, readPlace }: ListingsDeps): Listings {
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

    async listPlaced({ place, spread, from, below, limit, after }) {
      // What follows a rank begins with it, or is the next one.
      const start = after === undefined ? from : [`${after} `, from ?? ''].toSorted(byRank).at(-1);
      // A place's jobs are spread evenly, so the shards' next ones lie side by side.
      const places =
        spread === undefined ? Array.from({ length: placeShards }, (_, shard) => jobShard(place, shard)) : [shardOf({ place, spread })];
      const perShard = Math.ceil(limit / places.length);
      const shards = await Promise.all(places.map((shard) => readPlace({ place: shard, from: start, below, limit: perShard })));
      // Behind the last one of a shard that has more, this page does not know the order.
      const ends = shards.flatMap(({ rows, next }) => (next === undefined ? [] : rows.slice(-1).map(({ rank }) => rank)));
      const end = ends.toSorted(byRank)[0];
      const rows = shards.flatMap((shard) => shard.rows).toSorted((a, b) => byRank(a.rank, b.rank));
      const jobs = rows
        .filter(({ rank }) => end === undefined || byRank(rank, end) <= 0)
        .map(({ pk, rank }) => ({ jobId: jobIdOfKey(pk), rank }));
      return { jobs, next: end };
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
