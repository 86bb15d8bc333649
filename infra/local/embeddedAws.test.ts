import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ChangeMessageVisibilityCommand, GetQueueUrlCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startProgram } from '../../test/support/program.ts';
import { type Clients, createClients } from './clients.ts';
import { openEmbeddedAws } from './embeddedAws.ts';
import { provision } from './provision.ts';

const settings = { jobsTable: 'Jobs', queuePrefix: 'jobs', visibilityTimeoutSeconds: 2, maxReceiveCount: 3, s3Buckets: ['job-tickets'] };

test('keeps items, messages and objects across kill -9, and a message in flight comes back', async () => {
  await using data = await dataFolder();
  {
    const program = await startLocal(data.path);
    using clients = createClients({ region: 'us-east-1', endpoints: endpointsIn(program.output) });
    await clients.dynamodb.send(new PutItemCommand({ TableName: 'Jobs', Item: { pk: { S: 'job#1' }, note: { S: 'kept' } } }));
    await clients.s3.send(new PutObjectCommand({ Bucket: 'job-tickets', Key: 'a/b.txt', Body: 'kept' }));
    const QueueUrl = await queueUrl(clients);
    await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'in flight' }));
    expect(await receiveOne(clients, QueueUrl)).toMatchObject({ Body: 'in flight' });
    await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'waiting' }));
    await program.stop('SIGKILL');
  }
  const aws = await openEmbeddedAws({ dataDir: data.path });
  using clients = createClients({ region: 'us-east-1', endpoints: aws.endpoints });
  await provision(clients, settings);
  const { Item } = await clients.dynamodb.send(new GetItemCommand({ TableName: 'Jobs', Key: { pk: { S: 'job#1' } } }));
  expect(Item).toMatchObject({ note: { S: 'kept' } });
  const object = await clients.s3.send(new GetObjectCommand({ Bucket: 'job-tickets', Key: 'a/b.txt' }));
  expect(await object.Body?.transformToString()).toBe('kept');
  // Queue URLs that the first process returned, with another port.
  const QueueUrl = await queueUrl(clients);
  expect(QueueUrl).toContain(aws.endpoints.sqs);
  const bodies = [await receiveOne(clients, QueueUrl), await receiveOne(clients, QueueUrl)].map((message) => message?.Body);
  expect(new Set(bodies)).toEqual(new Set(['in flight', 'waiting']));
  await aws.close();
});

test('makes a message visible at once when asked to, with a data folder and in memory', async () => {
  await using data = await dataFolder();
  for (const dataDir of [data.path, '']) {
    const aws = await openEmbeddedAws({ dataDir });
    using clients = createClients({ region: 'us-east-1', endpoints: aws.endpoints });
    await provision(clients, { ...settings, visibilityTimeoutSeconds: 600 });
    const QueueUrl = await queueUrl(clients);
    await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'again' }));
    const first = await receiveOne(clients, QueueUrl);
    await clients.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle, VisibilityTimeout: 0 }));
    expect(await receiveOne(clients, QueueUrl)).toMatchObject({ Body: 'again', Attributes: { ApproximateReceiveCount: '2' } });
    await aws.close();
  }
});

test("answers requests that use a name of this machine, and none from a browser's page", async () => {
  const aws = await openEmbeddedAws({ dataDir: '' });
  const targets = { dynamodb: 'DynamoDB_20120810.ListTables', sqs: 'AmazonSQS.ListQueues', s3: '' };
  const ask = (url: string, target: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const credential = 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=none';
      const all = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target, 'x-amz-date': 'now', authorization: credential };
      const asking = request(url, { method: target === '' ? 'GET' : 'POST', headers: { ...all, ...headers } }, (response) =>
        resolve(response.resume()),
      );
      asking.once('error', reject).end(target === '' ? undefined : '{}');
    });
  for (const [name, target] of Object.entries(targets)) {
    const url = aws.endpoints[z.enum(['dynamodb', 'sqs', 's3']).parse(name)];
    const { port } = new URL(url);
    expect((await ask(url, target, { host: `localhost:${port}` })).statusCode, name).toBe(200);
    for (const headers of [{ host: `evil.example:${port}` }, { origin: 'https://evil.example' }, { origin: 'null' }, { origin: url }]) {
      const { statusCode, headers: answered } = await ask(url, target, headers);
      expect([statusCode, answered['access-control-allow-origin']], name).toEqual([403, undefined]);
    }
  }
  await aws.close();
});

test('reports the data folder that another process holds, and takes it once it is free', async () => {
  await using data = await dataFolder();
  const program = await startLocal(data.path);
  await expect(openEmbeddedAws({ dataDir: data.path })).rejects.toThrow(`DATA_DIR: ${data.path} is in use by another process`);
  await program.stop('SIGTERM');
  const aws = await openEmbeddedAws({ dataDir: data.path });
  await aws.close();
});

test('reports in one line what is wrong with the data folder or the port', async () => {
  await using data = await dataFolder();
  const file = join(data.path, 'file');
  await writeFile(file, '');
  await expect(openEmbeddedAws({ dataDir: file })).rejects.toThrow(`DATA_DIR: ${file} cannot be used as a folder (EEXIST)`);
  await expect(openEmbeddedAws({ dataDir: join(file, 'below') })).rejects.toThrow('ENOTDIR');
  const aws = await openEmbeddedAws({ dataDir: '' });
  const dynamodb = Number(new URL(aws.endpoints.dynamodb).port);
  await expect(openEmbeddedAws({ dataDir: '', ports: { dynamodb } })).rejects.toThrow(/EADDRINUSE.*127\.0\.0\.1/);
  await aws.close();
});

test('closes twice, and while a receive is waiting', async () => {
  const aws = await openEmbeddedAws({ dataDir: '' });
  using clients = createClients({ region: 'us-east-1', endpoints: aws.endpoints });
  await provision(clients, settings);
  const waiting = receiveOne(clients, await queueUrl(clients)).catch(() => undefined);
  await Promise.all([aws.close(), aws.close()]);
  expect(await waiting).toBeUndefined();
  await expect(fetch(aws.endpoints.dynamodb)).rejects.toThrow('fetch failed');
});

async function dataFolder() {
  const path = await mkdtemp(join(tmpdir(), 'job-tickets-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function startLocal(dataDir: string) {
  return startProgram({
    command: 'node',
    args: [join(import.meta.dirname, 'main.ts')],
    env: { DATA_DIR: dataDir, VISIBILITY_TIMEOUT_SECONDS: String(settings.visibilityTimeoutSeconds) },
    ready: /AWS_ENDPOINT_URL_S3=\S+\n/,
  });
}

function endpointsIn(output: string) {
  const endpoint = (name: string) => new RegExp(`^AWS_ENDPOINT_URL_${name}=(\\S+)$`, 'm').exec(output)?.[1];
  return { dynamodb: endpoint('DYNAMODB'), sqs: endpoint('SQS'), s3: endpoint('S3') };
}

async function queueUrl({ sqs }: Clients) {
  return (await sqs.send(new GetQueueUrlCommand({ QueueName: 'jobs-high' }))).QueueUrl;
}

async function receiveOne({ sqs }: Clients, QueueUrl: string | undefined) {
  const command = new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
  return (await sqs.send(command)).Messages?.[0];
}
