/** The table's lists of jobs: an owner's, and those of a place. */
import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { isFailed, isFinal, type JobStatus } from '../../job.ts';
import { byRank } from '../../place.ts';
import type { Listings, OwnerQuery } from '../jobTable.ts';
import { createSurvey } from './survey.ts';
import { available } from './available.ts';
import { encode, type Item } from './codec.ts';
import { jobIdOfKey, jobShard, jobsTable, placeShards, shardOf } from './definition.ts';
import type { ReadPlace } from './places.ts';
import type { Tags } from './tags.ts';

/** Rows of one read: about as many as one answer of DynamoDB holds. */
const mostRows = 8000;
/** Ids from tags that are read together. */
const mostAsked = 1000;

const row = z.object({ jobId: z.string() });
const jobIdOf = (item: Item): string => row.parse(unmarshall(item)).jobId;

export interface ListingsDeps {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly readPlace: ReadPlace;
  readonly tags: Tags;
}

export function createListings({ dynamodb, tableName: TableName, readPlace, tags }: ListingsDeps): Listings {
  /** Uses the index of owners, which has neither tags nor errors; or the index of their jobs in trouble, which has both. */
  async function owned(query: OwnerQuery, index: 'byOwner' | 'troubled' = 'byOwner'): Promise<readonly string[]> {
    const { owner, status, type, newestFirst, limit, mostRows: mostLookedAt = Infinity } = query;
    const values: Record<string, unknown> = { ':owner': owner };
    const names: Record<string, string> = { '#owner': jobsTable.indexes[index].partitionKey };
    const { from, below, after } = boundsOf(query);
    const lower = from ?? after;
    if (lower !== undefined && below !== undefined && lower >= below) return [];
    const keys = ['#owner = :owner', ...rangeOf(lower, below, from === undefined)].join(' AND ');
    if (lower !== undefined) values[':lower'] = lower;
    if (below !== undefined) values[':below'] = below;
    const filters = [
      status === undefined ? undefined : statusFilter(status, values),
      type === undefined ? undefined : typeFilter(type, names, values),
      ...(index === 'byOwner' ? [] : troubleFilters(query, values)),
    ].filter((filter) => filter !== undefined);

    const ids: string[] = [];
    let start: Item | undefined;
    let looked = 0;
    // Both ends of the range may be found although they are excluded. Limit counts rows before the filter: more are read where few fit.
    for (
      let rows = Math.min(limit + (lower !== undefined && below !== undefined ? 2 : 0), mostRows);
      ;
      rows = filters.length === 0 ? rows : Math.min(4 * rows, mostRows)
    ) {
      const page = await available(
        dynamodb.send(
          new QueryCommand({
            TableName,
            IndexName: index,
            KeyConditionExpression: keys,
            FilterExpression: filters.length === 0 ? undefined : filters.join(' AND '),
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: encode(values),
            ScanIndexForward: !newestFirst,
            Limit: rows,
            ExclusiveStartKey: start,
          }),
        ),
      );
      // BETWEEN takes both its ends.
      ids.push(...(page.Items ?? []).map(jobIdOf).filter((id) => id !== below && id !== after));
      start = page.LastEvaluatedKey;
      looked += page.ScannedCount ?? 0;
      if (start === undefined || ids.length >= limit || looked >= mostLookedAt) return ids.slice(0, limit);
    }
  }

  /** By tags first: for those jobs, the index of owners has the outcomes. */
  async function tagged(query: OwnerQuery & { readonly tags: readonly string[] }): Promise<readonly string[]> {
    const { owner, status, newestFirst, limit } = query;
    if (status === undefined) return tags.list(query);
    const found: string[] = [];
    let { beyond } = query;
    for (let asked = limit; ; asked = Math.min(2 * asked, mostAsked)) {
      const ids = await tags.list({ ...query, beyond, limit: asked });
      const [lowest, ...others] = ids.toSorted();
      if (lowest === undefined) return found;
      const range = { from: lowest, below: `${others.at(-1) ?? lowest}~` };
      const ofStatus = new Set(await owned({ owner, status, newestFirst, ...range, limit: Number.MAX_SAFE_INTEGER }));
      found.push(...ids.filter((id) => ofStatus.has(id)));
      if (ids.length < asked || found.length >= limit) return found.slice(0, limit);
      beyond = ids.at(-1);
    }
  }

  return {
    removeTags: tags.remove,
    surveyOwned: createSurvey({ dynamodb, tableName: TableName }),
    async listOwned(query) {
      const { status, errorCode, tags: asked = [] } = query;
      // Any job that has an error, or ended badly.
      if (errorCode !== undefined || status?.every(isFailed) === true) return owned(query, 'troubled');
      return asked.length === 0 ? owned(query) : tagged({ ...query, tags: asked });
    },

    async listPlaced({ place, descending = false, from, below, limit, after, spread }) {
      const order = descending ? (a: string, b: string) => byRank(b, a) : byRank;
      // The next rank after a rank begins with it, or is greater.
      const start = after === undefined || descending ? from : [`${after} `, from ?? ''].toSorted(byRank).at(-1);
      const stop = descending ? [after, below].filter((bound) => bound !== undefined).toSorted(byRank)[0] : below;
      // A place's jobs are spread evenly, so all shards are at about the same rank.
      const asked =
        spread === undefined ? Array.from({ length: placeShards }, (_, shard) => jobShard(place, shard)) : [shardOf({ place, spread })];
      // One more where the bound itself may be found, and is left out.
      const perShard = Math.ceil(limit / asked.length) + (descending ? 1 : 0);
      const shards = await Promise.all(
        asked.map((shard) => readPlace({ place: shard, descending, from: start, below: stop, limit: perShard })),
      );
      // Beyond the last row of a shard that has more, this page does not know the order.
      const ends = shards.flatMap(({ rows, next }) => (next === undefined ? [] : rows.slice(-1).map(({ rank }) => rank)));
      const end = ends.toSorted(order)[0];
      const rows = shards.flatMap((shard) => shard.rows).toSorted((a, b) => order(a.rank, b.rank));
      const jobs = rows
        .filter(({ rank }) => end === undefined || order(rank, end) <= 0)
        .map(({ pk, rank }) => ({ jobId: jobIdOfKey(pk), rank }));
      return { jobs, next: end };
    },
  };
}

/** In the direction of the listing: `after` and `below` are outside, `from` is within. */
function boundsOf({ newestFirst, from, below, beyond }: OwnerQuery): {
  readonly from?: string | undefined;
  readonly after?: string | undefined;
  readonly below?: string | undefined;
} {
  if (beyond === undefined) return { from, below };
  if (newestFirst) return { from, below: below !== undefined && below < beyond ? below : beyond };
  return from !== undefined && from > beyond ? { from, below } : { after: beyond, below };
}

/** A key condition has one comparison of the id. */
function rangeOf(lower: string | undefined, below: string | undefined, isExclusive: boolean): readonly string[] {
  if (lower !== undefined && below !== undefined) return ['jobId BETWEEN :lower AND :below'];
  if (lower !== undefined) return [`jobId ${isExclusive ? '>' : '>='} :lower`];
  return below === undefined ? [] : ['jobId < :below'];
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

function troubleFilters({ tags = [], errorCode }: OwnerQuery, values: Record<string, unknown>): readonly string[] {
  if (errorCode !== undefined) values[':errorCode'] = errorCode;
  for (const [index, tag] of tags.entries()) values[`:tag${index}`] = tag;
  return [...(errorCode === undefined ? [] : ['errorCode = :errorCode']), ...tags.map((_, index) => `contains(tags, :tag${index})`)];
}

function placeholders(name: string, list: readonly string[], values: Record<string, unknown>): string {
  return list
    .map((value, index) => {
      values[`:${name}${index}`] = value;
      return `:${name}${index}`;
    })
    .join(', ');
}
