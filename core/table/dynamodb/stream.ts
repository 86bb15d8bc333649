/** Reads the table's stream shard by shard, as an event source mapping does on AWS. */
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type DynamoDBStreamsClient,
  type GetShardIteratorInput,
  type Shard,
  type _Record,
} from '@aws-sdk/client-dynamodb-streams';

export type StreamRecord = _Record;

export interface StreamShard {
  readonly shardId: string;
  readonly parentId: string | undefined;
}

/** Where to continue: at the oldest record, at one of this sequence number, or after it. */
export type StreamPosition = { readonly at: 'oldest' } | { readonly at: 'record' | 'after'; readonly sequenceNumber: string };

export interface StreamPage {
  readonly records: readonly StreamRecord[];
  /** Undefined: the shard is closed and read to its end. */
  readonly nextIterator: string | undefined;
}

export interface TableStream {
  shards(): Promise<readonly StreamShard[]>;
  iterator(shardId: string, position: StreamPosition): Promise<string>;
  read(iterator: string, limit: number): Promise<StreamPage>;
}

export interface TableStreamDeps {
  readonly dynamodb: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
  readonly tableName: string;
}

/** Undefined where the table has no stream: the embedded DynamoDB has none. */
export async function openTableStream({ dynamodb, streams, tableName }: TableStreamDeps): Promise<TableStream | undefined> {
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: tableName }));
  const StreamArn = Table?.LatestStreamArn;
  if (StreamArn === undefined) return undefined;

  return {
    async shards() {
      const shards: Shard[] = [];
      let last: string | undefined;
      do {
        const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn, ExclusiveStartShardId: last }));
        shards.push(...(StreamDescription?.Shards ?? []));
        last = StreamDescription?.LastEvaluatedShardId;
      } while (last !== undefined);
      return shards.flatMap(({ ShardId, ParentShardId }) => (ShardId === undefined ? [] : [{ shardId: ShardId, parentId: ParentShardId }]));
    },

    async iterator(ShardId, position) {
      const { ShardIterator } = await streams.send(new GetShardIteratorCommand({ StreamArn, ShardId, ...iteratorInput(position) }));
      if (ShardIterator === undefined) throw new Error(`the stream gave no iterator for ${ShardId}`);
      return ShardIterator;
    },

    async read(ShardIterator, Limit) {
      const { Records = [], NextShardIterator } = await streams.send(new GetRecordsCommand({ ShardIterator, Limit }));
      return { records: Records, nextIterator: NextShardIterator };
    },
  };
}

function iteratorInput(position: StreamPosition): Pick<GetShardIteratorInput, 'ShardIteratorType' | 'SequenceNumber'> {
  if (position.at === 'oldest') return { ShardIteratorType: 'TRIM_HORIZON' };
  const ShardIteratorType = position.at === 'record' ? 'AT_SEQUENCE_NUMBER' : 'AFTER_SEQUENCE_NUMBER';
  return { ShardIteratorType, SequenceNumber: position.sequenceNumber };
}
