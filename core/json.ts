/** Parses JSON text from outside. */
import type { z } from 'zod';

/** `undefined` for text that is not JSON, or not of this shape. */
export function decodeJson<Schema extends z.ZodType>(schema: Schema, text: string): z.infer<Schema> | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}

/**
 * The same JSON, but an integer that a JSON number would change (`12345678901234567890`) becomes an object that marks it: see
 * `inexactIntegerOf`. The object's key is not well-formed Unicode, so no client can send such an object.
 * @param json What `JSON.parse` makes of the text, where that is known already.
 * @throws {SyntaxError}
 * @throws {RangeError} for more than a thousand integers that may be too large for a number.
 */
export function parseExactJson(text: string, json: unknown = JSON.parse(text)): unknown {
  // The scan below is fast because every string in valid JSON is known to end.
  if (!mayBeInexact.test(text)) return json;
  let isExact = true;
  let unsafe = 0;
  const marked = text.replaceAll(stringOrLongNumber, (token) => {
    if (token.startsWith('"') || isSafeNumber(token)) return token;
    if (++unsafe > maxUnsafe) throw new RangeError(`more than ${maxUnsafe} integers beyond 2^53`);
    if (isExactNumber(token)) return token;
    isExact = false;
    return JSON.stringify({ [inexactKey]: token });
  });
  return isExact ? json : JSON.parse(marked);
}

/** A number as it is written in a document: what `parseExactJson` would make of it. */
export function exactNumber(text: string): number | object {
  return isExactNumber(text) ? Number(text) : { [inexactKey]: text };
}

/** The text of an integer that a number cannot hold, where a value stands for one. */
export function inexactIntegerOf(value: object): string | undefined {
  const written: unknown = Object.hasOwn(value, inexactKey) ? Reflect.get(value, inexactKey) : undefined;
  return typeof written === 'string' ? written : undefined;
}

const inexactKey = '\ud800integer';
const mayBeInexact = /\d{16}|\d[eE]/;
const stringOrLongNumber = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{3,}/g;

/** A fraction is an approximation by custom; an integer is meant to be exact. A number too large to be finite is reported elsewhere. */
function isExactNumber(text: string): boolean {
  return isSafeNumber(text) || integerDigits(text) === integerDigits(String(Number(text)));
}

function isSafeNumber(text: string): boolean {
  const number = Number(text);
  return Number.isSafeInteger(number) || !Number.isInteger(number);
}

/** Each is looked at digit by digit. */
const maxUnsafe = 1000;

/** An integer's digits and how many zeros follow; for a fraction its text, so that it equals only itself. */
function integerDigits(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
