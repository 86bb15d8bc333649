/**
 * The permissions as data, from which the IAM roles are made. Each action is called by the code of that part, or by the AWS
 * service that acts for it; `infra/grants.test.ts` derives the calls from the code and refuses any further action.
 */

export interface Grants {
  readonly table?: readonly TableAction[];
  /** Also on the table's indexes. */
  readonly indexes?: readonly 'dynamodb:Query'[];
  readonly stream?: readonly StreamAction[];
  /** The queues of the three priorities. */
  readonly jobQueues?: readonly QueueAction[];
  readonly deadLetters?: readonly QueueAction[];
  readonly relayFailures?: readonly 'sqs:SendMessage'[];
  readonly bucket?: readonly 's3:ListBucket'[];
  readonly objects?: readonly ObjectAction[];
  /** The settings of this environment, under CONFIG_SSM_PREFIX. */
  readonly parameters?: readonly 'ssm:GetParametersByPath'[];
  /** The password of the cache. */
  readonly cachePassword?: readonly SecretAction[];
  /** JWT_SECRET, where it is kept in a secret of the name `job-tickets/<environment>/JWT_SECRET`. */
  readonly tokenSecret?: readonly SecretAction[];
}

type TableAction = `dynamodb:${'BatchGetItem' | 'DeleteItem' | 'DescribeTable' | 'GetItem' | 'PutItem' | 'UpdateItem'}`;
type StreamAction = `dynamodb:${'DescribeStream' | 'GetRecords' | 'GetShardIterator'}`;
type QueueAction =
  `sqs:${'ChangeMessageVisibility' | 'DeleteMessage' | 'GetQueueAttributes' | 'GetQueueUrl' | 'ReceiveMessage' | 'SendMessage'}`;
type SecretAction = 'secretsmanager:GetSecretValue';
type ObjectAction = `s3:${'AbortMultipartUpload' | 'GetObject' | 'PutObject'}`;

/** The pods, by the name of their service account. */
export const podGrants = {
  server: {
    table: [
      'dynamodb:BatchGetItem',
      'dynamodb:DeleteItem',
      'dynamodb:DescribeTable',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
    indexes: ['dynamodb:Query'],
    jobQueues: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
    // `/readyz` checks all queues.
    deadLetters: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
    // Outputs are downloaded. Without ListBucket S3 answers 403 for a file that does not exist any more.
    bucket: ['s3:ListBucket'],
    objects: ['s3:GetObject'],
    parameters: ['ssm:GetParametersByPath'],
    cachePassword: ['secretsmanager:GetSecretValue'],
    tokenSecret: ['secretsmanager:GetSecretValue'],
  },
  worker: {
    table: ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    // To read the oldest jobs that wait for a limit.
    indexes: ['dynamodb:Query'],
    // If the wait of a job has ended by the time it is parked, the job is sent again.
    jobQueues: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage', 'sqs:SendMessage'],
    // Without ListBucket S3 answers 403 for a file that does not exist, and the job would be retried in vain.
    bucket: ['s3:ListBucket'],
    objects: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
    parameters: ['ssm:GetParametersByPath'],
    cachePassword: ['secretsmanager:GetSecretValue'],
  },
} as const satisfies Record<string, Grants>;

export const lambdaGrants = {
  dlqHandler: {
    // The end of a job makes the deliveries to its webhooks, and moves the jobs of its workflow that waited for it.
    table: ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    // The end of a cancelled job cancels the children that its handler made.
    indexes: ['dynamodb:Query'],
    // A job with budget left is sent again.
    jobQueues: ['sqs:GetQueueUrl', 'sqs:SendMessage'],
    cachePassword: ['secretsmanager:GetSecretValue'],
  },
  streamRelay: {
    // Removes the tags of jobs that the table's TTL deleted, and makes webhooks' deliveries, which are jobs.
    table: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    // Removes what a handler kept beside a deleted record.
    indexes: ['dynamodb:Query'],
    jobQueues: ['sqs:GetQueueUrl', 'sqs:SendMessage'],
    cachePassword: ['secretsmanager:GetSecretValue'],
  },
  sweeper: {
    table: ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    indexes: ['dynamodb:Query'],
    jobQueues: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
    cachePassword: ['secretsmanager:GetSecretValue'],
  },
} as const satisfies Record<string, Grants>;

export type LambdaName = keyof typeof lambdaGrants;

/** What Lambda's event source mappings do under the function's role ("Using Lambda with Amazon SQS", "… with DynamoDB"). */
export const eventSourceGrants = {
  dlqHandler: { deadLetters: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'] },
  streamRelay: {
    stream: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    relayFailures: ['sqs:SendMessage'],
  },
  sweeper: {},
} as const satisfies Record<LambdaName, Grants>;

/** What Lambda does under each function's role to write logs, to be in a VPC and to trace; for the last two AWS has no resources. */
export const runtimeActions = {
  logs: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  network: [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ],
  traces: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
} as const;

/** KEDA, an add-on of the cluster, reads the depth of the queues. */
export const scalerActions = ['sqs:GetQueueAttributes'] as const;
