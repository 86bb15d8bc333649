/** What a queue message says: which job, which generation, and the version it was sent at. The table knows the rest. */
import { z } from 'zod';

const schema = z.object({
  v: z.literal(1),
  jobId: z.string().min(1),
  generation: z.int().positive(),
  /** Lets the first claim be one write without a read: it bets that nothing happened since the send. */
  version: z.int().positive(),
  traceId: z.string(),
});

export type JobMessage = Omit<z.infer<typeof schema>, 'v'>;

export function encodeMessage({ jobId, generation, version, traceId }: JobMessage): string {
  return JSON.stringify({ v: 1, jobId, generation, version, traceId } satisfies z.infer<typeof schema>);
}

/** `undefined` for a body that is not JSON, of another version, or lacks a field: a poison message. */
export function decodeMessage(body: string): JobMessage | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) return undefined;
  const { v: _, ...message } = parsed.data;
  return message;
}
