import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { openAwsProxy } from './awsProxy.ts';
import { portOf } from './portOf.ts';

/** A server that counts its requests, behind a proxy. */
async function setup() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push(body);
      response.end(JSON.stringify({ number: asked.length }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await openAwsProxy(`http://127.0.0.1:${portOf(server)}`);
  async function ask(operation: string, body: object = {}): Promise<{ readonly status: number; readonly body: unknown }> {
    const headers = { 'x-amz-target': `Service_2026.${operation}`, 'content-type': 'application/x-amz-json-1.0' };
    const response = await fetch(proxy.url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  }
  return {
    proxy,
    asked,
    ask,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      server.close();
      server.closeAllConnections();
    },
  };
}

test('passes requests on, and reports each with its answer', async () => {
  await using one = await setup();
  const seen: unknown[] = [];
  one.proxy.observe((request, answer) => seen.push([request, answer]));
  expect(await one.ask('PutItem', { a: 1 })).toEqual({ status: 200, body: { number: 1 } });
  expect(seen).toEqual([
    [
      { operation: 'PutItem', body: { a: 1 } },
      { status: 200, body: { number: 1 } },
    ],
  ]);
});

test('answers with an error what a rule matches, so often as it says, and nothing else', async () => {
  await using one = await setup();
  const fault = { kind: 'answer', status: 400, type: 'ProvisionedThroughputExceededException' } as const;
  const rule = one.proxy.rule({ operation: 'PutItem', when: (body) => JSON.stringify(body) === '{"a":1}', times: 1, fault });
  expect(await one.ask('GetItem', { a: 1 })).toMatchObject({ status: 200 });
  expect(await one.ask('PutItem', { a: 2 })).toMatchObject({ status: 200 });
  expect(await one.ask('PutItem', { a: 1 })).toMatchObject({ status: 400, body: { __type: 'ProvisionedThroughputExceededException' } });
  expect(await one.ask('PutItem', { a: 1 })).toMatchObject({ status: 200 });
  expect([rule.count(), one.asked.length]).toEqual([1, 3]);
});

test('asks chance for each request, and ends with its rule', async () => {
  await using one = await setup();
  const draws = [true, false, true];
  const rule = one.proxy.rule({
    chance: () => draws.shift() === true,
    fault: { kind: 'answer', status: 500, type: 'InternalServerError' },
  });
  const statuses = [];
  for (let number = 0; number < 3; number += 1) statuses.push((await one.ask('PutItem')).status);
  rule.stop();
  statuses.push((await one.ask('PutItem')).status);
  expect(statuses).toEqual([500, 200, 500, 200]);
});

test('loses a request before it takes effect, and an answer after it', async () => {
  await using one = await setup();
  one.proxy.rule({ operation: 'A', times: 1, fault: { kind: 'loseRequest' } });
  one.proxy.rule({ operation: 'B', times: 1, fault: { kind: 'loseAnswer' } });
  await expect(one.ask('A', { a: 1 })).rejects.toThrow('fetch failed');
  expect(one.asked).toEqual([]);
  await expect(one.ask('B', { b: 1 })).rejects.toThrow('fetch failed');
  expect(one.asked).toEqual(['{"b":1}']);
});

test('sends twice, and edits requests and answers', async () => {
  await using one = await setup();
  one.proxy.rule({ operation: 'A', fault: { kind: 'twice' } });
  one.proxy.rule({ operation: 'B', fault: { kind: 'editRequest', edit: () => ({ edited: true }) } });
  one.proxy.rule({ operation: 'C', fault: { kind: 'editAnswer', edit: (body) => ({ was: body }) } });
  expect(await one.ask('A')).toMatchObject({ body: { number: 1 } });
  await one.ask('B', { b: 1 });
  expect(one.asked).toEqual(['{}', '{}', '{"edited":true}']);
  expect(await one.ask('C')).toMatchObject({ body: { was: { number: 4 } } });
});

test('holds a request just before and just after it takes effect', async () => {
  await using one = await setup();
  const before = one.proxy.hold('before', 'A');
  const after = one.proxy.hold('after', 'A', (body) => JSON.stringify(body) === '{"a":1}');
  const answer = one.ask('A', { a: 1 });
  const first = await before;
  expect(one.asked).toEqual([]);
  first.release();
  const second = await after;
  expect(one.asked).toEqual(['{"a":1}']);
  second.release();
  expect(await answer).toMatchObject({ status: 200 });
});

test('never sends on what it holds when its client has gone', async () => {
  await using one = await setup();
  const held = one.proxy.hold('before', 'A');
  const gone = new AbortController();
  const headers = { 'x-amz-target': 'Service.A' };
  const asking = fetch(one.proxy.url, { method: 'POST', headers, body: '{}', signal: gone.signal }).catch(() => 'gone');
  const { release } = await held;
  gone.abort();
  expect(await asking).toBe('gone');
  // The proxy learns of it as a server does: by the end of the connection, which is there before the next answer.
  await one.ask('B');
  release();
  await one.ask('B', { last: true });
  expect(one.asked).toEqual(['{}', '{"last":true}']);
});
