/** What a queue message says: which job, which generation, and the version it was sent at. The table knows the rest. */
import { z } from 'zod';
import { decodeJson } from '../json.ts';

const schema = z.object({
  v: z.literal(1),
  jobId: z.string().min(1),
  generation: z.int().positive(),
  /** Lets the first claim be one write without a read: it assumes that nothing happened since the send, or is `anyVersion`. */
  version: z.int().nonnegative(),
  traceId: z.string(),
  /** Lets a worker that does not know the type leave the job alone; absent in messages of older versions. */
  type: z.string().optional(),
  /** Milliseconds since the epoch. */
  createdAt: z.number().optional(),
  /** The sender's span, for where SQS does not carry the X-Ray header. */
  spanId: z.string().optional(),
  /** How often the sweeper had sent the job before: tells a worker that cannot use a message whether a newer one names its job. */
  sweeps: z.int().nonnegative().optional(),
  /** How often workers that do not know the type have sent it on. */
  returns: z.int().nonnegative().optional(),
});

/** No record has this version. For a job that an attempt was begun on, which the first claim would not count: tidiness, no guard. */
export const anyVersion = 0;

export type JobMessage = Omit<z.infer<typeof schema>, 'v'>;

export function encodeMessage(message: JobMessage): string {
  const { jobId, generation, version, traceId, type, createdAt, spanId, sweeps, returns } = message;
  const body = { v: 1, jobId, generation, version, traceId, type, createdAt, spanId, sweeps, returns } satisfies z.infer<typeof schema>;
  return JSON.stringify(body);
}

/** `undefined` for a body that is not JSON, of another version, or lacks a field: a poison message. */
export function decodeMessage(body: string): JobMessage | undefined {
  const decoded = decodeJson(schema, body);
  if (decoded === undefined) return undefined;
  const { v: _, ...message } = decoded;
  return message;
}
