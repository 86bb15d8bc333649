/**
 * The keys of the tokens' issuer: fetched when one is missing, at most every 30 s, and after a failure only after a pause that
 * doubles, however many tokens come meanwhile.
 */
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { backoffMs } from '../core/backoff.ts';
import { monotonic, type Monotonic } from '../core/clock.ts';

export interface IssuerKeysDeps {
  readonly url: string;
  readonly elapsed?: Monotonic;
  readonly random?: () => number;
}

/** A set of dozens of keys has some kilobytes. */
const maxBytes = 256 * 1024;
const pause = { baseMs: 1000, maxMs: 60_000 };
const keySet = z.looseObject({ keys: z.array(z.looseObject({})) });

export function createIssuerKeys({ url, elapsed = monotonic, random = Math.random }: IssuerKeysDeps): JWTVerifyGetKey {
  let failures = 0;
  let resumesAt = -Infinity;
  let lastError: unknown;

  async function fetchKeys(...given: Parameters<typeof fetch>): Promise<Response> {
    if (elapsed() < resumesAt) throw new Error('the issuer’s keys cannot be fetched at present', { cause: lastError });
    try {
      const response = await fetch(...given);
      if (response.status !== 200) throw new Error(`the issuer of the tokens answers ${response.status}`);
      const keys = keySet.parse(JSON.parse(await textOf(response)));
      failures = 0;
      return Response.json(keys);
    } catch (error) {
      lastError = error;
      failures += 1;
      resumesAt = elapsed() + backoffMs(pause, failures, random);
      throw error;
    }
  }

  return createRemoteJWKSet(new URL(url), { [customFetch]: fetchKeys });
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`the issuer’s keys have more than ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}
