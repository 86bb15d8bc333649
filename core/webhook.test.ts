import { expect, test } from 'vitest';
import { maxInlineBytes } from './table/jobTable.ts';
import { deliveriesOwner, deliveryIdOf, ownerOfDeliveries, webhooksKey, webhooksKeyOf, type DeliveryParams } from './webhook.ts';

const id = '01KB3V5Z8Q0000000000000000';
const event: DeliveryParams = {
  endpointId: `${webhooksKey('owner')}.${id}`,
  jobId: id,
  version: 999_999,
  status: 'FAILED_FINAL',
  type: 'a'.repeat(64),
  attempt: 999,
  at: 1_795_600_000_000,
};

test('a delivery fits into its record, however long the names are', () => {
  expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(maxInlineBytes.params);
});

test('a delivery’s id is derived from endpoint, job and version', () => {
  const other = [
    { ...event, version: 2 },
    { ...event, jobId: 'other' },
    { ...event, endpointId: 'other' },
  ];
  expect(deliveryIdOf({ ...event, attempt: 1 })).toBe(deliveryIdOf(event));
  expect(new Set([event, ...other].map(deliveryIdOf)).size).toBe(4);
  expect(deliveryIdOf(event)).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
});

test('the owner of endpoints and deliveries is read from their ids and owners only', () => {
  expect(webhooksKeyOf(event.endpointId)).toBe(webhooksKey('owner'));
  for (const odd of ['', id, `${webhooksKey('owner')}.`, `${event.endpointId}#`]) expect(webhooksKeyOf(odd)).toBeUndefined();
  expect(ownerOfDeliveries(deliveriesOwner('owner'))).toBe('owner');
  expect(ownerOfDeliveries('owner')).toBeUndefined();
});
