import { expect, it } from 'vitest';
import { createOriginCheck } from './origins.ts';

it.each([
  [{ host: 'api.example' }, true],
  [{ host: 'api.example', origin: 'https://api.example' }, true],
  [{ host: 'API.example:4000', origin: 'http://api.example:4000' }, true],
  [{ host: 'api.example', origin: 'https://app.example' }, true],
  [{ host: 'api.example', origin: 'https://app.example.evil.example' }, false],
  [{ host: 'api.example', origin: 'http://app.example' }, false],
  [{ host: 'api.example', origin: 'https://api.example:444' }, false],
  [{ host: 'api.example', origin: 'null' }, false],
  [{ host: 'api.example', origin: '' }, false],
  [{ origin: 'null' }, false],
])('%j may call: %s', (headers, allowed) => {
  expect(createOriginCheck(['https://app.example'])(headers)).toBe(allowed);
});
