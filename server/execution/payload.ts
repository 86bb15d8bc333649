/** An answer as JSON text, the same over every transport. */
import type { Answer } from './operations.ts';

export function payloadOf({ data, errors }: Answer): string {
  return JSON.stringify({ data, errors });
}
