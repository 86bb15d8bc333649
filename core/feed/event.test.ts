/** Decoding of messages from a channel that anything may write to. */
import { expect, test } from 'vitest';
import { makeJob } from '../../test/support/jobFactory.ts';
import { decodeEvent, latestEventOf, type JobEvent } from './event.ts';

const failure = { code: 'TIMEOUT', message: 'too slow', attempt: 2, at: 5 };
const event: JobEvent = { ...latestEventOf(makeJob()), version: 7, attempt: 3, at: 12.5 };

const decoded = (fields: object): JobEvent | undefined => decodeEvent(JSON.stringify({ ...event, ...fields }));

test.each([{}, { previousStatus: 'PROCESSING' }, { error: failure }, { progress: 0.5 }, { logged: 4 }, { attempt: 0, at: 0 }] as const)(
  'an event with %j is read as it was written',
  (fields) => expect(decoded(fields)).toEqual({ ...event, ...fields }),
);

test('fields that an event or its failure does not have are left out', () =>
  expect(decoded({ error: { ...failure, more: 1 }, more: 1 })).toEqual({ ...event, error: failure }));

const impossible: Readonly<Record<string, readonly unknown[]>> = {
  jobId: [undefined, null, 1, '', 'x'.repeat(256), '\ud800'],
  owner: [undefined, null, {}, '', 'x'.repeat(256), '\ud800'],
  version: [undefined, null, '7', 0, -1, 1.5, 2 ** 31],
  status: [undefined, null, 'DONE', ['PENDING'], 'constructor'],
  previousStatus: [null, 'DONE', 1],
  attempt: [undefined, null, '3', -1, 1.5, 2 ** 31],
  at: [undefined, null, '12', -1, 8.64e15 + 2],
  error: [null, 'TIMEOUT', 1, {}, [], { ...failure, code: 1 }, { ...failure, message: undefined }, { ...failure, attempt: -1 }],
  progress: [null, '1', -1, 100.5],
  logged: [null, '1', 1.5, 2 ** 31],
};

test.each(Object.entries(impossible))('a message with an invalid %s is not an event', (name, values) => {
  for (const value of values) expect(decoded({ [name]: value }), JSON.stringify(value)).toBeUndefined();
});

test.each(['', '{', 'null', '[]', '1', '"event"', `{"jobId":"${'x'.repeat(70_000)}"}`])('%.10j is no event', (text) =>
  expect(decodeEvent(text)).toBeUndefined(),
);

test('an infinite number is not accepted', () => expect(decodeEvent(JSON.stringify(event).replace('12.5', '1e400'))).toBeUndefined());
