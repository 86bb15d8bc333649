/** The resources with data: the Jobs table as core defines it, and the bucket of the jobs' files. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
  type Attribute,
} from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { jobsTable } from '../../core/table/dynamodb/definition.ts';
import { originalTable, type Environment } from '../environments.ts';
import { accept } from './accept.ts';
import { isBucket } from './interfaces.ts';

/** Files that the jobs of every owner may read, and none may write: a person puts them below this prefix of the bucket. */
export const sharedPrefix = 'shared/';

export interface Storage {
  readonly table: TableV2;
  readonly bucket: Bucket;
  /** The log of accesses to the files. */
  readonly accessLogs: Bucket;
}

export function addStorage(scope: Construct, environment: Environment): Storage {
  const storage = new Construct(scope, 'Storage');
  return { table: addTable(storage, environment), ...addBuckets(storage, environment) };
}

/** A restored table is another resource: the table before it leaves the stack, and is kept. */
function addTable(scope: Construct, { name, keepsData, table }: Environment): TableV2 {
  return new TableV2(scope, table === originalTable(name) ? 'Jobs' : `Restored${table.slice(originalTable(name).length)}`, {
    tableName: table,
    partitionKey: attribute(jobsTable.partitionKey),
    globalSecondaryIndexes: Object.entries(jobsTable.indexes).map(([indexName, { partitionKey, sortKey, include }]) => ({
      indexName,
      partitionKey: attribute(partitionKey),
      sortKey: attribute(sortKey),
      ...(include.length === 0
        ? { projectionType: ProjectionType.KEYS_ONLY }
        : { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...include] }),
    })),
    billing: Billing.onDemand(),
    dynamoStream: StreamViewType[jobsTable.stream],
    timeToLiveAttribute: jobsTable.ttlAttribute,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    // AWS's own key: with a customer's key, many requests of the table would cost one to KMS each.
    encryption: TableEncryptionV2.dynamoOwnedKey(),
    deletionProtection: keepsData,
    removalPolicy: removalPolicy(keepsData),
  });
}

const attributeTypes = { S: AttributeType.STRING, N: AttributeType.NUMBER, B: AttributeType.BINARY } as const;

function attribute(name: keyof typeof jobsTable.attributes): Attribute {
  return { name, type: attributeTypes[jobsTable.attributes[name]] };
}

function addBuckets(scope: Construct, { keepsData }: Environment): Pick<Storage, 'bucket' | 'accessLogs'> {
  const shared = {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: removalPolicy(keepsData),
  };
  const abandonedUploads = { id: 'abandoned-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) };
  const accessLogs = new Bucket(scope, 'AccessLogs', {
    ...shared,
    lifecycleRules: [abandonedUploads, { id: 'expire', expiration: Duration.days(90) }],
  });
  accept(accessLogs, 'AwsSolutions-S1', 'It holds the access logs; logging its own writes would never end.');
  if (!isBucket(accessLogs)) throw new Error('a bucket that is none');
  const bucket = new Bucket(scope, 'Files', {
    ...shared,
    serverAccessLogsBucket: accessLogs,
    // A worker that is killed leaves parts of uploads behind; only this rule removes them.
    lifecycleRules: [abandonedUploads],
  });
  return { bucket, accessLogs };
}

export function removalPolicy(keepsData: boolean): RemovalPolicy {
  return keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
}
