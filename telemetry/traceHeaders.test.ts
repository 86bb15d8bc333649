import { describe, expect, test } from 'vitest';
import { readTraceparent, readXrayHeader, writeXrayHeader } from './traceHeaders.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const parsed = { traceId, spanId, traceFlags: 1, isRemote: true };
const [root, parent] = [`Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)}`, `Parent=${spanId}`];

describe('headers of a trace', () => {
  test('W3C’s give trace, span, and whether it is sampled, also in a later version', () => {
    expect(readTraceparent(`00-${traceId}-${spanId}-01`)).toEqual(parsed);
    expect(readTraceparent(`01-${traceId}-${spanId}-01-more`)).toEqual(parsed);
    expect(readTraceparent(`00-${traceId}-${spanId}-00`)).toEqual({ ...parsed, traceFlags: 0 });
  });

  test.each([
    '',
    'nonsense',
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}`,
  ])('%j is no traceparent', (header) => {
    expect(readTraceparent(header)).toBeUndefined();
  });

  test('X-Ray’s are read as they are written, and with their parts in another order', () => {
    for (const traceFlags of [0, 1]) {
      const header = writeXrayHeader({ traceId, spanId, traceFlags });
      expect(header).toBe(`${root};${parent};Sampled=${traceFlags}`);
      expect(readXrayHeader(header)).toEqual({ ...parsed, traceFlags });
    }
    expect(readXrayHeader(`Sampled=1; ${parent};Self=1-67891234-12456789abcdef012345678a;${root};Lineage=a:1`)).toEqual(parsed);
  });

  test.each([
    '',
    root,
    `${root};${parent}`,
    `${root};${parent};Sampled=?`,
    `${root}0;${parent};Sampled=1`,
    `${root};Parent=${'0'.repeat(16)};Sampled=1`,
    `Root=1-00000000-${'0'.repeat(24)};${parent};Sampled=1`,
  ])('%j is no X-Ray header of a span', (header) => {
    expect(readXrayHeader(header)).toBeUndefined();
  });
});
