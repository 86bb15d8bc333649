import { expect, test, vi } from 'vitest';
import { PermanentError } from './errors.ts';

test('a PermanentError is recognised, whichever copy of the package made it', async () => {
  vi.resetModules();
  const copy = await import('./errors.ts');
  const error: unknown = new copy.PermanentError('no', { cause: 1 });
  expect(copy.PermanentError).not.toBe(PermanentError);
  expect(error).toBeInstanceOf(PermanentError);
  expect(error).toMatchObject({ name: 'PermanentError', message: 'no', cause: 1 });
  for (const other of [new Error('PermanentError'), { name: 'PermanentError' }, null, undefined, 'PermanentError']) {
    expect(other).not.toBeInstanceOf(PermanentError);
  }
});
