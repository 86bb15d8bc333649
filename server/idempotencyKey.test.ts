import { describe, expect, it } from 'vitest';
import { JobError } from '../core/errors.ts';
import { parseIdempotencyKey } from './idempotencyKey.ts';

describe('the header Idempotency-Key', () => {
  it.each([
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    [' "with space, comma and \\"quotes\\" and \\\\" ', 'with space, comma and "quotes" and \\'],
    ['"key";version=1', 'key'],
    ['""', ''],
    [undefined, undefined],
  ])('%s is read as %s', (header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key);
  });

  it.each(['"open', 'a"b', 'two keys', 'one, two', '"one", "two"', '', '"bad \\escape"', '"tab\t"', 'ü'])('%s is refused', (header) => {
    expect(() => parseIdempotencyKey(header)).toThrow(JobError);
  });
});
