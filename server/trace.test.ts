import { expect, it } from 'vitest';
import { traceHeaders, traceIdOf } from './trace.ts';

const id = '0af7651916cd43dd8448eb211c80319c';

it('continues the trace of a valid traceparent, also of a later version', () => {
  expect(traceIdOf(`00-${id}-b7ad6b7169203331-01`)).toBe(id);
  expect(traceIdOf(`01-${id}-b7ad6b7169203331-01-more`)).toBe(id);
});

it.each([
  undefined,
  '',
  'nonsense',
  `ff-${id}-b7ad6b7169203331-01`,
  `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  `00-${id}-${'0'.repeat(16)}-01`,
  `00-${id.toUpperCase()}-b7ad6b7169203331-01`,
  `00-${id}-b7ad6b7169203331-01\nx-evil: 1`,
])('begins a new trace for %j', (traceparent) => {
  const traceId = traceIdOf(traceparent);
  expect(traceId).toMatch(/^[\da-f]{32}$/);
  expect(traceId).not.toBe(id);
});

it('answers with a span of its own', () => {
  const { traceparent, ...rest } = traceHeaders(id);
  expect(rest).toEqual({ 'x-trace-id': id });
  expect(traceparent).toMatch(new RegExp(`^00-${id}-[\\da-f]{16}-01$`));
});
