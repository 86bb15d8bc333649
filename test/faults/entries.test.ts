/** Entries whose writes took effect without an answer: each writer recognises its own. */
import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { changeEntry } from '../../core/table/changeEntry.ts';
import { defineEntryKind, entryKey } from '../../core/table/entries.ts';
import { createTable } from '../../core/table/dynamodb/table.ts';
import { createClients } from '../../infra/local/clients.ts';
import { openAwsProxy } from '../support/awsProxy.ts';
import { openTestTable } from '../support/backends.ts';

const counter = defineEntryKind('counter', z.object({ count: z.number() }));

async function setup() {
  const resources = new AsyncDisposableStack();
  const endpoint = inject('dynamoDbLocalUrl');
  const { tableName, close } = await openTestTable(endpoint);
  resources.defer(close);
  const proxy = resources.use(await openAwsProxy(endpoint));
  const clients = resources.use(createClients({ region: 'us-east-1', endpoints: { dynamodb: proxy.url } }));
  const { entries } = createTable({ dynamodb: clients.dynamodb, tableName, jobTtlDays: 30 });
  return {
    entries,
    lose: (operation: string) => proxy.rule({ operation, times: 1, fault: { kind: 'loseAnswer' } }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

test('a creation, a replacement and a removal whose answers were lost are told from races that were lost', async () => {
  await using stage = await setup();
  const { entries, lose } = stage;
  const key = entryKey('one');
  const created = lose('PutItem');
  const first = await entries.create(counter, { key, value: { count: 1 } });
  expect(first).toMatchObject({ ok: true, entry: { value: { count: 1 } } });
  expect(created.count()).toBe(1);
  lose('PutItem');
  const second = await entries.replace(counter, await known(), { value: { count: 2 } });
  expect(second).toMatchObject({ ok: true, entry: { value: { count: 2 } } });
  lose('DeleteItem');
  expect(await entries.remove(counter, await known())).toEqual({ ok: true });
  expect(await entries.get(counter, key)).toBeUndefined();

  async function known() {
    const entry = await entries.get(counter, key);
    if (entry === undefined) throw new Error('it is gone');
    return entry;
  }
});

test('what ten add up is there, and at most once more for each answer that was lost', async () => {
  await using stage = await setup();
  const { entries, lose } = stage;
  const key = entryKey('sum');
  for (let lost = 0; lost < 3; lost += 1) lose('PutItem');
  await Promise.all(
    Array.from({ length: 10 }, () => changeEntry(entries, counter, key, (entry) => ({ value: { count: (entry?.value.count ?? 0) + 1 } }))),
  );
  // A write that was overwritten before its retry counts as lost, and is made once more.
  const { count } = (await entries.get(counter, key))?.value ?? { count: 0 };
  expect(count).toBeGreaterThanOrEqual(10);
  expect(count).toBeLessThanOrEqual(13);
});
