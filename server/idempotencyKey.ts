/** The header `Idempotency-Key`: a string in quotes, as in the IETF draft, or bare, as most clients send it. */
import { JobError } from '../core/errors.ts';

/** RFC 8941, 3.3.3: printable ASCII, with `"` and `\` escaped; parameters may follow and are ignored. */
const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"(?:\s*;.*)?$/;
/** No commas: Node joins repeated headers with a comma, and it would not be clear which of them counts. */
const bare = /^[\x21\x23-\x2b\x2d-\x7e]+$/;

/** @throws {JobError} `BAD_USER_INPUT` for a header of neither form, or one that is given twice. */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const key = quoted.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? (bare.test(text) ? text : undefined);
  if (key !== undefined) return key;
  throw new JobError('BAD_USER_INPUT', {
    message: 'The header Idempotency-Key is one key of printable ASCII, in double quotes or without spaces and commas.',
    path: ['idempotencyKey'],
  });
}
