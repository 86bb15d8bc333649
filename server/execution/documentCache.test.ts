import { expect, it } from 'vitest';
import { createDocumentCache } from './documentCache.ts';

it('forgets the one not used for longest once there are more than a hundred', () => {
  const cache = createDocumentCache<number>();
  for (let document = 0; document < 100; document++) cache.set(String(document), document);
  expect(cache.get('0')).toBe(0);
  cache.set('new', 100);
  expect(cache.get('0')).toBe(0);
  expect(cache.get('1')).toBeUndefined();
  expect(cache.get('new')).toBe(100);
});
