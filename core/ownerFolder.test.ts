import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ownerFolder } from './ownerFolder.ts';

test('a plain name is unchanged, and any other can be decoded', () => {
  expect(ownerFolder('alice-2')).toBe('alice-2');
  expect(ownerFolder('auth0|Ann')).toBe('auth0_7c_41nn');
  expect(ownerFolder('bob@example.com')).toBe('bob_40example_2ecom');
});

/** Owners that a careless encoding would mix up. */
const alike = [
  'alice',
  'Alice',
  'ALICE',
  'ａlice',
  'é',
  'e\u0301',
  'a_62',
  'ab',
  'a%62',
  '_61b',
  '__',
  '_',
  '',
  '.',
  '..',
  'a/b',
  'a_2fb',
  'a\0',
  'a',
];

test('no two owners share a folder, even when case and normal forms are ignored', () => {
  const spell = (owner: string): string => ownerFolder(owner).toLowerCase().normalize('NFKC');
  const long = [99, 100, 101, 300].flatMap((length) => ['a'.repeat(length), 'A'.repeat(length), `${'a'.repeat(length)}\ud800`]);
  const owners = [...alike, ...long, '\ud800', '\udfff', '\ufffd', ownerFolder('x'.repeat(300))];
  expect(new Set(owners.map(spell)).size).toBe(owners.length);
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom('a', 'A', '_', '.', '/', '6', '1', 'é', '\u0301'), fc.string({ unit: 'binary' })),
  });
  fc.assert(
    fc.property(text, text, (one, other) => (one === other) === (spell(one) === spell(other))),
    { numRuns: 5000 },
  );
});

test('every folder’s name is valid wherever objects are kept', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (owner) => {
      expect(ownerFolder(owner)).toMatch(/^[a-z0-9_-]{1,100}$/);
    }),
  );
});
