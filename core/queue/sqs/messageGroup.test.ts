import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmbeddedAws, type EmbeddedAws } from '../../../infra/local/embeddedAws.ts';
import { provisionQueues } from '../../../infra/local/provisionQueues.ts';
import { messageGroupOf } from './messageGroup.ts';
import { createQueues } from './queues.ts';

let aws: EmbeddedAws;
beforeAll(async () => {
  aws = await openEmbeddedAws({ dataDir: '' });
});
afterAll(() => aws.close());

test('a group id is valid for SQS and differs between owners, whatever characters they contain', () => {
  const owners = ['', ' ', 'a', 'A', 'ä', 'a\u0308', 'x'.repeat(128), 'x'.repeat(129), '#', 'user@example.com', '\n'];
  const groups = owners.map(messageGroupOf);
  expect(new Set(groups).size).toBe(owners.length);
  for (const group of groups) expect(group).toMatch(/^[\w-]{1,128}$/);
});

test('each message is sent in its owner’s group, and one without an owner in none', async () => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sqs = new SQSClient({ region: 'us-east-1', endpoint: aws.endpoints.sqs, credentials });
  const sent: unknown[] = [];
  sqs.middlewareStack.add(
    (next) => (args) => {
      if ('Entries' in args.input) sent.push(...[args.input.Entries ?? []].flat());
      return next(args);
    },
    { step: 'initialize' },
  );
  await provisionQueues(sqs, { queuePrefix: 'groups', visibilityTimeoutSeconds: 1, maxReceiveCount: 2 });
  const queues = createQueues({ sqs, queuePrefix: 'groups' });
  const message = { jobId: 'job', generation: 1, version: 1, traceId: 'trace' };
  await queues.send('NORMAL', message, 0.5, 'an owner');
  await queues.send('NORMAL', message, 0);
  expect(sent).toMatchObject([{ MessageGroupId: messageGroupOf('an owner'), DelaySeconds: 1 }, { DelaySeconds: 0 }]);
  expect(sent[1]).not.toHaveProperty('MessageGroupId');
  sqs.destroy();
});
