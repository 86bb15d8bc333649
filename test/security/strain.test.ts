/** What one ordinary token, or none, may cost everybody else: nothing that is felt. One server with default limits and a small heap. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGuardedServer, type GuardedServer } from '../support/guard.ts';
import { as, secret, transportNames, transports, type Operation } from './stage.ts';

let server: GuardedServer;
beforeAll(async () => {
  server = await startGuardedServer({ JWT_SECRET: secret });
  // What is compiled and kept at the first use is no attack's doing.
  for (const name of transportNames) await transports[name](server, { query: '{ jobTypes { name } }' }, await as('alice'));
});
afterAll(() => server[Symbol.asyncDispose]());

const list = <Value>(length: number, value: Value): Value[] => Array.from({ length }, () => value);
const createMany = 'mutation ($jobs: [CreateJobInput!]!) { createJobs(input: { jobs: $jobs }) { results { created } } }';
const createOne = 'mutation ($p: JSON) { createJob(input: { type: "simulate_work", params: { payload: $p } }) { created } }';
const named = (times: number, name = '$p'): string =>
  `mutation ($p: JSON) { createJob(input: { type: "simulate_work", params: { payload: [${list(times, name).join(' ')}] } }) { created } }`;

/** Inputs that were once dear, each within a body of 1 MiB. */
const costly: Readonly<Record<string, Operation>> = {
  'a list of 200,000 values of the wrong type': {
    query: 'query ($x: [JobStatus!]) { jobs(filter: { status: $x }) { edges { cursor } } }',
    variables: { x: list(200_000, 1) },
  },
  'a list of 90,000 values of the right type': {
    query: 'query ($x: [JobStatus!]) { jobs(filter: { status: $x }) { edges { cursor } } }',
    variables: { x: list(90_000, 'PENDING') },
  },
  'a batch of 200,000 empty objects': { query: createMany, variables: { jobs: list(200_000, {}) } },
  'a batch of 30,000 jobs': { query: createMany, variables: { jobs: list(30_000, { type: 'simulate_work' }) } },
  'an array of 300,000 numbers, named 60 times': { query: named(60), variables: { p: list(300_000, 1) } },
  'an array of 300,000 numbers': { query: createOne, variables: { p: list(300_000, 1) } },
  'a string of 900,000 characters, named 900 times': { query: named(900), variables: { p: 'x'.repeat(900_000) } },
  'an object of 60,000 keys that do not belong': {
    query: 'query ($f: JobsFilter) { jobs(filter: $f) { edges { cursor } } }',
    variables: { f: Object.fromEntries(list(60_000, 0).map((_, index) => [`k${index}`, 1])) },
  },
  'a value nested 100,000 deep': { query: createOne, variables: { p: JSON.parse(`${'['.repeat(3000)}${']'.repeat(3000)}`) } },
};

describe.each(Object.entries(costly))('%s', (_what, operation) => {
  test.each(transportNames)('holds nobody up, over %s', async (transport) => {
    const caller = await as('mallory');
    const strain = await server.withstands(async () => {
      const { codes } = await transports[transport](server, operation, caller);
      expect(codes).not.toContain('INTERNAL_SERVER_ERROR');
    });
    console.log(transport, _what, strain.stallMs, Math.round(strain.heldBytes / 1024));
  });
});
