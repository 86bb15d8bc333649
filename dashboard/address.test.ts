import { expect, test } from 'vitest';
import { formatAddress, readAddress, withoutFilter } from './address.ts';
import { bulkPlanOf } from './bulkPlan.ts';
import { filterOf, isNarrowed } from './filterOf.ts';

const now = Date.parse('2026-03-01T12:00:00.000Z');
const nothing = readAddress('');

test.each([
  '',
  '#page=errors',
  '#page=workflows&workflow-status=RUNNING&workflow=01K&job=01J',
  '#all-owners=yes&status=FAILED_FINAL',
  '#page=statistics&owner=a%26b',
  '#owner=alice&status=FAILED&type=t&tag=eu+west&error=0123456789abcdef&span=1h&job=01J',
  '#from=2026-01-01T00%3A00%3A00Z&to=2026-01-02T00%3A00%3A00Z',
])('an address describes what the page shows, and is read back unchanged: %s', (hash) => {
  expect(formatAddress(readAddress(hash))).toBe(hash === '' ? '#' : hash);
});

test('values that an address cannot have count as absent', () => {
  expect(readAddress('#page=nowhere&status=GONE&workflow-status=GONE&span=forever&from=yesterday')).toEqual(nothing);
});

test('an address becomes a filter; a span is counted back from now, and comes before two times', () => {
  expect(filterOf(nothing, now)).toEqual({});
  expect(filterOf(readAddress('#status=FAILED&type=t&tag=g&error=f&span=1h&to=2026-01-02T00:00:00Z'), now)).toEqual({
    status: ['FAILED'],
    type: ['t'],
    tags: ['g'],
    errorFingerprint: 'f',
    createdAfter: '2026-03-01T11:00:00.000Z',
  });
  expect(filterOf(readAddress('#from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z'), now)).toEqual({
    createdAfter: '2026-01-01T00:00:00Z',
    createdBefore: '2026-01-02T00:00:00Z',
  });
  expect(filterOf(readAddress('#all-owners=yes'), now).status).toEqual(['FAILED', 'FAILED_FINAL', 'CANCELLED']);
  expect([isNarrowed(readAddress('#owner=a')), isNarrowed(readAddress('#tag=a'))]).toEqual([false, true]);
  expect(withoutFilter(readAddress('#owner=a&tag=b&job=c&page=errors'))).toEqual(readAddress('#owner=a&page=errors'));
});

test('a bulk operation names the states that it applies to, and there is none where nothing could be done', () => {
  const planned = (hash: string, action: 'RETRY' | 'CANCEL') => bulkPlanOf(readAddress(hash), action, now);
  expect(planned('', 'RETRY')).toEqual({ action: 'RETRY', filter: { status: ['FAILED', 'FAILED_FINAL'] }, whose: { owner: undefined } });
  expect(planned('#tag=a', 'CANCEL')?.filter).toEqual({ status: ['PENDING', 'PROCESSING'], tags: ['a'] });
  expect(planned('#status=CANCELLED', 'RETRY')?.filter.status).toEqual(['CANCELLED']);
  expect(planned('#status=SUCCEEDED', 'RETRY')).toBeUndefined();
  expect(planned('#status=FAILED', 'CANCEL')).toBeUndefined();
  expect(planned('#all-owners=yes', 'RETRY')?.whose).toEqual({ allOwners: true });
  expect(planned('#all-owners=yes', 'CANCEL')).toBeUndefined();
});
