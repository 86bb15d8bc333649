/** What DynamoDB leaves undone of a batch is requested again: after a wait, a limited number of times, and not for a caller who has gone. */
import { inject, expect, test } from 'vitest';
import { openAwsProxy } from '../support/awsProxy.ts';
import { openTestTable } from '../support/backends.ts';
import { makeJob } from '../support/jobFactory.ts';

/** A table behind a proxy that records when its batches are requested. */
async function setup() {
  const proxy = await openAwsProxy(inject('dynamoDbLocalUrl'));
  const { table, tableName, close } = await openTestTable(proxy.url);
  const askedAt: number[] = [];
  proxy.observe(({ operation }) => {
    if (operation === 'BatchGetItem') askedAt.push(performance.now());
  });
  const leaveAll = (pk: string, times = Infinity) => {
    const Keys = [{ pk: { S: pk } }];
    const edit = () => ({ Responses: {}, UnprocessedKeys: { [tableName]: { Keys, ConsistentRead: true } } });
    return proxy.rule({ operation: 'BatchGetItem', times, fault: { kind: 'editAnswer', edit } });
  };
  return {
    table,
    askedAt,
    leaveAll,
    async [Symbol.asyncDispose]() {
      await close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

const gaps = (times: readonly number[]): readonly number[] => times.slice(1).map((time, index) => time - (times[index] ?? 0));

test('keys that are left over for ever are asked for a few times, each after a longer wait, and then the table is away', async () => {
  await using one = await setup();
  one.leaveAll('job#x');
  await expect(one.table.getMany(['x'])).rejects.toMatchObject({ code: 'TABLE_UNAVAILABLE' });
  expect(one.askedAt).toHaveLength(6);
  for (const [index, gap] of gaps(one.askedAt).entries()) expect(gap).toBeGreaterThan(0.9 * 25 * 2 ** index);
});

test('keys that are left over for a while are read in the end', async () => {
  await using one = await setup();
  const { job } = await one.table.create(makeJob());
  const jobId = job?.jobId ?? '';
  one.leaveAll(`job#${jobId}`, 3);
  expect(await one.table.getMany([jobId])).toEqual([job]);
  const kept = await one.table.keepPayload({ jobId, kind: 'params', value: 'x'.repeat(2000), now: Date.now() });
  if (kept.kind !== 'apart') throw new Error('the payload was not kept apart');
  one.leaveAll(`payload#${kept.key}`, 3);
  expect(await one.table.readPayloads([kept.key])).toEqual(['x'.repeat(2000)]);
});

test('nothing more is requested once the caller has gone, and its reason is thrown', async () => {
  await using one = await setup();
  one.leaveAll('job#x');
  const caller = new AbortController();
  const reading = one.table.getMany(['x'], caller.signal);
  await expect.poll(() => one.askedAt.length, { interval: 5 }).toBeGreaterThan(1);
  const reason = new Error('the client has gone');
  caller.abort(reason);
  await expect(reading).rejects.toBe(reason);
  const asked = one.askedAt.length;
  expect(asked).toBeLessThan(6);
  await expect(one.table.readPayloads(['x'], caller.signal)).rejects.toBe(reason);
  expect(one.askedAt).toHaveLength(asked);
});
