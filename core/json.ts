/** JSON from outside: text that anybody may have written. */
import type { z } from 'zod';

/** `undefined` for what is not JSON, or not of this shape. */
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
