import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';
import { welcome } from './terminal.ts';

const shown = (environment: Record<string, string>): string =>
  stripVTControlCharacters(welcome({ url: 'http://127.0.0.1:4000', config: parseConfig(environment) }));

test('the welcome shows all addresses and where the data is', () => {
  const text = shown({});
  expect(text).toMatch(/Dashboard +http:\/\/127\.0\.0\.1:4000\/\n/);
  expect(text).toMatch(/GraphiQL +http:\/\/127\.0\.0\.1:4000\/graphql\n/);
  expect(text).toMatch(/Jobs +kept in \.data\/jobs\.sqlite\n/);
  expect(text).toMatch(/Files +\.data\/objects\/job-tickets\n/);
  expect(text).toMatch(/Callers +everybody/);
});

test('the welcome says which parts are external, and shows no password', () => {
  const text = shown({
    AWS_ENDPOINT_URL_SQS: 'http://sqs.internal:9324',
    REDIS_URL: 'redis://user:secret@cache.internal:6380',
    JWT_SECRET: 'x'.repeat(32),
    DATA_DIR: '',
  });
  expect(text).toMatch(/Jobs +DynamoDB at AWS\n/);
  expect(text).toMatch(/Queues +SQS at http:\/\/sqs\.internal:9324\n/);
  expect(text).toMatch(/Files +S3 at AWS\n/);
  expect(text).toMatch(/Feed +Redis at cache\.internal:6380\n/);
  expect(text).toMatch(/Callers +by their tokens\n/);
  expect(text).not.toContain('secret');
});
