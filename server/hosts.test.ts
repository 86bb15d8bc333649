import { expect, test } from 'vitest';
import { createHostCheck } from './hosts.ts';

const open = createHostCheck({ isOpen: true, host: 'box.lan', allowedHosts: ['jobs.example'] });

test.each([
  'localhost',
  'localhost:4000',
  'app.localhost:4000',
  '127.0.0.1:4000',
  '[::1]:4000',
  'box.lan:4000',
  'server:4000',
  'JOBS.example',
])('an open server may be called %s', (host) => {
  expect(open({ host })).toBe(true);
});

test.each([
  'evil.example',
  'evil.example:4000',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'localhost.',
  '',
  '@evil.example',
  'a b',
])('an open server may not be called %j', (host) => {
  expect(open({ host })).toBe(false);
});

test('a server that requires tokens may be called by any name', () => {
  const keyed = createHostCheck({ isOpen: false, host: '0.0.0.0', allowedHosts: [] });
  expect(keyed({ host: 'jobs.example' })).toBe(true);
  expect(open({})).toBe(true);
});
