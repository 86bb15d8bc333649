import { expect, test } from 'vitest';
import { ConfigError, parseConfig } from './config.ts';

const together: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['BACKOFF_BASE_MS', { BACKOFF_BASE_MS: '60000', BACKOFF_MAX_MS: '30000' }],
  ['IDEMPOTENCY_TTL_SECONDS', { IDEMPOTENCY_TTL_SECONDS: '86401', JOB_TTL_DAYS: '1' }],
  ['REDIS_CLUSTER', { REDIS_CLUSTER: 'true' }],
  ['TABLE', { TABLE: 'sqlite', REDIS_URL: 'redis://127.0.0.1:6379' }],
  ['TABLE', { TABLE: 'sqlite', AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9324' }],
  ['S3_BUCKETS', { S3_BUCKETS: 'one,,two' }],
  ['CORS_ORIGINS', { CORS_ORIGINS: 'https://one.example,' }],
  ['ALLOWED_HOSTS', { ALLOWED_HOSTS: ' ,one.example' }],
  ['TRACE_URL_TEMPLATE', { TRACE_URL_TEMPLATE: 'javascript:alert(1)//{traceId}' }],
  ['TRACE_URL_TEMPLATE', { TRACE_URL_TEMPLATE: 'https://traces.example.com/' }],
];

test.for(together)('%s is refused where it conflicts with other settings, in a line that names it', ([name, environment]) => {
  expect(() => parseConfig(environment)).toThrow(ConfigError);
  expect(() => parseConfig(environment)).toThrow(new RegExp(`^${name}\\b[^\\n]*$`));
});

test('names every setting that conflicts with others, one per line', () => {
  const environment = { BACKOFF_BASE_MS: '60000', REDIS_CLUSTER: 'true' };
  expect(() => parseConfig(environment)).toThrow(/^BACKOFF_BASE_MS: .+\nREDIS_CLUSTER: .+$/);
});

test('accepts settings that fit together', () => {
  const config = parseConfig({ BACKOFF_BASE_MS: '30000', IDEMPOTENCY_TTL_SECONDS: '86400', JOB_TTL_DAYS: '1', S3_BUCKETS: 'one, two' });
  expect(config).toMatchObject({ backoffBaseMs: 30_000, s3Buckets: ['one', 'two'], corsOrigins: [], allowedHosts: [] });
});

test('keeps jobs and objects in the process unless settings name another place', () => {
  const redis = { REDIS_URL: 'redis://127.0.0.1:6379' };
  const s3 = { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000' };
  expect(parseConfig({})).toMatchObject({ table: 'sqlite', objects: 'folder' });
  expect(parseConfig(s3)).toMatchObject({ table: 'sqlite', objects: 's3' });
  expect(parseConfig(redis)).toMatchObject({ table: 'dynamodb', objects: 's3' });
  expect(parseConfig({ TABLE: 'dynamodb', OBJECTS: 'folder' })).toMatchObject({ table: 'dynamodb', objects: 'folder' });
});
