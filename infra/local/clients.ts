/** The AWS clients of the programs here. Our own endpoints accept any credentials, as in runtime/open.ts. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';

export interface Clients {
  readonly dynamodb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly s3: S3Client;
}

export interface ClientSettings {
  readonly region: string;
  readonly endpoints: { readonly dynamodb?: string | undefined; readonly sqs?: string | undefined; readonly s3?: string | undefined };
}

export function createClients({ region, endpoints }: ClientSettings): Clients & Disposable {
  const dynamodb = new DynamoDBClient(options(endpoints.dynamodb));
  const sqs = new SQSClient(options(endpoints.sqs));
  const s3 = new S3Client({ ...options(endpoints.s3), forcePathStyle: endpoints.s3 !== undefined });
  return {
    dynamodb,
    sqs,
    s3,
    [Symbol.dispose]: () => {
      dynamodb.destroy();
      sqs.destroy();
      s3.destroy();
    },
  };

  function options(endpoint: string | undefined) {
    return endpoint === undefined ? { region } : { region, endpoint, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  }
}
