/** Which failures are of one kind: the same code of the same type, with messages that differ only in parts that vary from job to job. */
import { createHash } from 'node:crypto';
import type { Job, JobFailure } from '../job.ts';

/** The part of the normalised message that counts: two messages that begin with it are of one kind. */
const comparedLength = 300;

/** The same on every machine and in every version that normalises alike. */
export function errorFingerprint({ type }: Pick<Job, 'type'>, { code, message }: Pick<JobFailure, 'code' | 'message'>): string {
  return createHash('sha256')
    .update(JSON.stringify([type, code, normalisedMessage(message)]))
    .digest('hex')
    .slice(0, 16);
}

/** With a placeholder for each part that is quoted, an id or a number. */
export function normalisedMessage(message: string): string {
  return variableParts
    .reduce((text, [part, sign]) => text.replace(part, sign), message.toWellFormed().replace(/\s+/g, ' ').trim())
    .slice(0, comparedLength);
}

/** In this order: a quoted part may contain an id, and an id contains digits. */
const variableParts: readonly (readonly [RegExp, string])[] = [
  [/"[^"]*"|`[^`]*`|“[^”]*”|„[^“”]*[“”]|«[^»]*»|‘[^’]*’/g, '“…”'],
  // Not the apostrophe of a word.
  [/(?<![\p{L}\p{N}])'[^']*'(?![\p{L}\p{N}])/gu, '“…”'],
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s“”,;)\]]+/gi, '<address>'],
  [/[^\s@<>,;:()]+@[^\s@<>,;:()]+\.\p{L}+/gu, '<address>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/gi, '<time>'],
  // Letters and digits mixed, as in a ULID, a hash or a key: a word has no digit in its middle.
  [/(?<![\p{L}\p{N}_])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9][\w-]{7,}(?![\p{L}\p{N}])/gu, '<id>'],
  [/(?<![\p{L}\p{N}_])[+-]?\d+(?:[.,:/]\d+)*/gu, '#'],
];
