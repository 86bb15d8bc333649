import { describe, expect, test } from 'vitest';
import { errorFingerprint, normalisedMessage } from './errorFingerprint.ts';

const alike: readonly (readonly [string, string])[] = [
  ['No file at "s3://a/1.csv".', 'No file at "s3://b/2.csv".'],
  ['connect ECONNREFUSED 127.0.0.1:6379', 'connect ECONNREFUSED 10.2.0.14:6380'],
  ['Order 01JD8Z6T3Y0000000000000001 is gone', 'Order 01JD8Z6T3YABCDEFGHJKMNPQRS is gone'],
  ['user 3f2504e0-4f89-11d3-9a0c-0305e82c3301: no address', 'user 9b2504e0-4f89-11d3-9a0c-0305e82c3309: no address'],
  ["Row 12: 'a b' is no number", "Row 4711: 'x' is no number"],
  ['took 30s of 20s', 'took 41s of 20s'],
  ['at 2026-01-31T12:00:00.123Z: late', 'at 2026-02-01 13:01:02: late'],
  ['GET https://a.example/x?y=1 answered 503', 'GET https://b.example/ answered 502'],
  ['no mailbox for ann@example.com', 'no mailbox for bob.b@mail.example.org'],
  ['blob 5e884898da28047151d0e56f8dc62927 is missing', 'blob 6b86b273ff34fce19d6b804eff5a3f57 is missing'],
  ['-3.5 is below 0', '-12 is below 0'],
  ['one\n  two', 'one two'],
];
const different: readonly (readonly [string, string])[] = [
  ['connect ECONNREFUSED 127.0.0.1:6379', 'connect ETIMEDOUT 127.0.0.1:6379'],
  ["can't read the page", "won't read the page"],
  ['no such column', 'no such table'],
  ['utf8 is not known', 'latin1 is not known'],
];

describe('the fingerprint of an error', () => {
  test.each(alike)('is the same for %s and %s', (one, other) => {
    expect(normalisedMessage(one)).toBe(normalisedMessage(other));
  });

  test.each(different)('differs for %s and %s', (one, other) => {
    expect(normalisedMessage(one)).not.toBe(normalisedMessage(other));
  });

  test('depends on the type, the code and the message', () => {
    const error = { code: 'PERMANENT', message: 'no file 7' };
    const fingerprint = errorFingerprint({ type: 'a' }, error);
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(errorFingerprint({ type: 'a' }, { ...error, message: 'no file 8' })).toBe(fingerprint);
    expect(errorFingerprint({ type: 'b' }, error)).not.toBe(fingerprint);
    expect(errorFingerprint({ type: 'a' }, { ...error, code: 'TIMEOUT' })).not.toBe(fingerprint);
  });

  test('handles a hostile message quickly', () => {
    const began = performance.now();
    for (const part of ['"', "'", 'a1', '1.', '@a.', 'a-', '://', '“', ' ']) normalisedMessage(part.repeat(1000 / part.length));
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
