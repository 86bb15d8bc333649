/** Reads the index of places page by page, for jobs and entries alike. */
import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import type { PlaceQuery } from '../entries.ts';
import { available } from './available.ts';
import { encode, type Item } from './codec.ts';

export interface PlaceRow {
  readonly pk: string;
  readonly rank: string;
}

export interface PlaceRows {
  readonly rows: readonly PlaceRow[];
  /** There may be more. */
  readonly next: string | undefined;
}

/** Eventually consistent. @throws {JobError} `TABLE_UNAVAILABLE`. */
export type ReadPlace = (query: PlaceQuery) => Promise<PlaceRows>;

const row = z.object({ pk: z.string(), rank: z.string() });
const position = z.tuple([z.string(), z.string()]);

export function createReadPlace({
  dynamodb,
  tableName: TableName,
}: {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
}): ReadPlace {
  return async ({ place, from, below, descending = false, cursor, limit }) => {
    if (from !== undefined && below !== undefined && from >= below) return { rows: [], next: undefined };
    const { Items = [], LastEvaluatedKey } = await available(
      dynamodb.send(
        new QueryCommand({
          TableName,
          IndexName: 'places',
          KeyConditionExpression: ['#place = :place', ...rangeOf(from, below)].join(' AND '),
          ExpressionAttributeNames: { '#place': 'place', ...(from === undefined && below === undefined ? {} : { '#rank': 'rank' }) },
          ExpressionAttributeValues: encode({ ':place': place, ':from': from, ':below': below }),
          ScanIndexForward: !descending,
          ExclusiveStartKey: cursor === undefined ? undefined : startKey(place, cursor),
          Limit: limit,
        }),
      ),
    );
    const found = Items.map((item) => row.parse(unmarshall(item)));
    const rows = found.filter(({ rank }) => rank !== below);
    const isEnd = LastEvaluatedKey === undefined || (!descending && rows.length < found.length);
    return { rows, next: isEnd ? undefined : cursorOf(LastEvaluatedKey) };
  };
}

/** A key condition has one comparison of the rank, and BETWEEN takes both its ends. */
function rangeOf(from: string | undefined, below: string | undefined): readonly string[] {
  if (from !== undefined && below !== undefined) return ['#rank BETWEEN :from AND :below'];
  if (from !== undefined) return ['#rank >= :from'];
  return below === undefined ? [] : ['#rank < :below'];
}

function cursorOf(key: Item): string {
  const { pk, rank } = row.parse(unmarshall(key));
  return JSON.stringify([rank, pk]);
}

function startKey(place: string, cursor: string): Item {
  const [rank, pk] = position.parse(JSON.parse(cursor));
  return encode({ pk, place, rank });
}
