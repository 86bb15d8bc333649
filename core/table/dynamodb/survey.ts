/** An owner's newest jobs of a range with their types and outcomes, which the index of owners holds. */
import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { finalStatuses } from '../../job.ts';
import type { Listings, SurveyedJob } from '../jobTable.ts';
import { available } from './available.ts';
import { encode, type Item } from './codec.ts';
import { jobsTable } from './definition.ts';

const row = z.object({ jobId: z.string(), type: z.string(), outcome: z.enum(finalStatuses).optional() });

export interface SurveyDeps {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
}

export function createSurvey({ dynamodb, tableName: TableName }: SurveyDeps): Listings['surveyOwned'] {
  return async ({ owner, from = '0', below = '~', limit }) => {
    // The table has no order of creation across owners.
    if (owner === undefined) return undefined;
    const jobs: SurveyedJob[] = [];
    let start: Item | undefined;
    if (from >= below) return jobs;
    do {
      const { Items = [], LastEvaluatedKey } = await available(
        dynamodb.send(
          new QueryCommand({
            TableName,
            IndexName: 'byOwner',
            KeyConditionExpression: '#owner = :owner AND jobId BETWEEN :from AND :below',
            ExpressionAttributeNames: { '#owner': jobsTable.indexes.byOwner.partitionKey },
            ExpressionAttributeValues: encode({ ':owner': owner, ':from': from, ':below': below }),
            ScanIndexForward: false,
            Limit: limit - jobs.length + 1,
            ExclusiveStartKey: start,
          }),
        ),
      );
      // BETWEEN takes both its ends.
      jobs.push(...Items.map((item) => row.parse(unmarshall(item))).filter(({ jobId }) => jobId !== below));
      start = LastEvaluatedKey;
    } while (start !== undefined && jobs.length < limit);
    return jobs.slice(0, limit);
  };
}
