import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiSystem } from '../e2e/apiSystem.ts';
import { as, expectServing, openGuarded, transportNames, transports, type Operation } from './stage.ts';

let api: ApiSystem;
beforeAll(async () => {
  api = await openGuarded({ works: false });
});
afterAll(() => api[Symbol.asyncDispose]());

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
const fullPage = 'jobs(first: 100) { edges { node { params result } } }';

const attacks: readonly (readonly [what: string, operation: Operation, code: string])[] = [
  ['fields nested 100 deep', { query: `{ jobs ${'{ edges { node '.repeat(50)} { jobId } ${'} }'.repeat(50)} }` }, 'DOCUMENT_TOO_LARGE'],
  [
    'introspection that walks in circles',
    { query: `{ __schema { types ${'{ fields { type '.repeat(10)} { name } ${'} }'.repeat(10)} } }` },
    'DOCUMENT_TOO_LARGE',
  ],
  ['10,000 aliases', { query: `{ ${times(10_000, (index) => `a${index}: __typename`)} }` }, 'DOCUMENT_TOO_LARGE'],
  ['501 fields', { query: `{ ${times(501, () => '__typename')} }` }, 'DOCUMENT_TOO_LARGE'],
  ['31 aliases', { query: `{ ${times(31, (index) => `a${index}: __typename`)} }` }, 'DOCUMENT_TOO_LARGE'],
  [
    '1,000 fragments',
    { query: `{ ...f0 } ${times(1000, (index) => `fragment f${index} on Query { ...f${index + 1} }`)}` },
    'DOCUMENT_TOO_LARGE',
  ],
  [
    'fragments that double at each of 20 steps',
    {
      query: `{ ...f0 } ${times(20, (index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`)} fragment f20 on Query { jobTypes { name } jobs { pageInfo { endCursor } } }`,
    },
    'OPERATION_TOO_COSTLY',
  ],
  ['circular fragments', { query: '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['1,000 directives', { query: `{ __typename ${'@skip(if: false) '.repeat(1000)} }` }, 'DOCUMENT_TOO_LARGE'],
  ['51 directives', { query: `{ ${times(51, () => '__typename @skip(if: false)')} }` }, 'DOCUMENT_TOO_LARGE'],
  ['a document of 1 MB', { query: `{ __typename #${'x'.repeat(900_000)}\n}` }, 'DOCUMENT_TOO_LARGE'],
  ['a literal nested 20,000 deep', { query: `{ a(b: ${'['.repeat(20_000)}${']'.repeat(20_000)}) }` }, 'DOCUMENT_TOO_LARGE'],
  [
    'a variable of a type nested 900 deep',
    { query: `query ($a: ${'['.repeat(900)}Int${']'.repeat(900)}) { __typename }` },
    'DOCUMENT_TOO_LARGE',
  ],
  ['what is no GraphQL', { query: '{ job(' }, 'GRAPHQL_PARSE_FAILED'],
  ['introspection in production', { query: '{ __schema { types { name } } }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['30 full pages', { query: `{ ${times(30, (index) => `p${index}: ${fullPage}`)} }` }, 'OPERATION_TOO_COSTLY'],
  [
    'pages whose size is a variable',
    {
      query: `query ($n: Int) { ${times(30, (index) => `p${index}: jobs(first: $n) { edges { node { params } } }`)} }`,
      variables: { n: 100 },
    },
    'OPERATION_TOO_COSTLY',
  ],
  [
    'pages whose size is a variable’s default',
    { query: `query ($n: Int = 100) { ${times(30, (index) => `p${index}: jobs(last: $n) { edges { node { params } } }`)} }` },
    'OPERATION_TOO_COSTLY',
  ],
  [
    'full pages in a fragment',
    { query: `{ ...F } fragment F on Query { ${times(30, (index) => `p${index}: ${fullPage}`)} }` },
    'OPERATION_TOO_COSTLY',
  ],
  [
    'full pages in the second of two operations',
    { query: `query A { __typename } query B { ${times(30, (index) => `p${index}: ${fullPage}`)} }`, operationName: 'B' },
    'OPERATION_TOO_COSTLY',
  ],
  [
    'full pages behind an argument that cannot be read',
    {
      query: `query ($id: ID = "x") { job(jobId: $id) { jobId } ${times(29, (index) => `p${index}: ${fullPage}`)} }`,
      variables: { id: null },
    },
    'OPERATION_TOO_COSTLY',
  ],
  [
    'jobs to create that are null after all',
    {
      query: 'mutation ($jobs: [CreateJobInput!] = []) { createJobs(input: { jobs: $jobs }) { results { created } } }',
      variables: { jobs: null },
    },
    'BAD_USER_INPUT',
  ],
  [
    'a mutation that answers each of its jobs 30 times',
    {
      query: `mutation { createJobs(input: { jobs: [${'{type: "nope"} '.repeat(100)}] }) { results { ${times(30, (index) => `j${index}: job { params history { at } }`)} } } }`,
    },
    'OPERATION_TOO_COSTLY',
  ],
  [
    'a subscription that answers its job 30 times over',
    {
      query: `subscription { jobStatusChanged { ${times(30, (index) => `j${index}: job { ...P }`)} } } fragment P on Job { ${'params '.repeat(40)} }`,
    },
    'OPERATION_TOO_COSTLY',
  ],
];

describe.each(transportNames)('over %s', (transport) => {
  test.each(attacks)('%s is refused before it runs', async (_what, operation, code) => {
    const { codes, data } = await transports[transport](api, operation, await as('mallory'));
    expect(codes).toContain(code);
    expect(data ?? null).toBeNull();
    await expectServing(api);
  });

  test.each([
    ['a field', { query: '{ jbs { edges { cursor } } }' }],
    ['an argument', { query: '{ job(jobID: "x") { jobId } }' }],
    ['a type', { query: 'query ($f: JobsFilte) { jobs(filter: $f) { edges { cursor } } }' }],
    [
      'a field of a variable',
      { query: 'query ($f: JobsFilter) { jobs(filter: $f) { edges { cursor } } }', variables: { f: { statu: ['PENDING'] } } },
    ],
    [
      'a value of a variable',
      { query: 'query ($f: JobsFilter) { jobs(filter: $f) { edges { cursor } } }', variables: { f: { status: ['PENDIN'] } } },
    ],
    ['a value of a literal', { query: '{ jobs(filter: { status: [PENDIN] }) { edges { cursor } } }' }],
  ])('%s that is nearly right brings no hint of the right one', async (_what, operation) => {
    const { text, codes } = await transports[transport](api, operation, await as('mallory'));
    expect(codes).not.toEqual([]);
    expect(text).not.toMatch(/did you mean/i);
  });
});

test('what a dashboard asks for is not refused: four full pages without params', async () => {
  const small = 'edges { node { jobId type status attempts createdAt updatedAt } } pageInfo { hasNextPage endCursor }';
  const { codes } = await transports.HTTP(
    api,
    { query: `{ ${times(4, (index) => `p${index}: jobs(first: 100) { ${small} }`)} }` },
    await as('alice'),
  );
  expect(codes).toEqual([]);
});
