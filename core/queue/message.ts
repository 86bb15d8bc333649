/** What a queue message says: which job, which generation, and the version it was sent at. The table knows the rest. */
import { z } from 'zod';
import { decodeJson } from '../json.ts';

const schema = z.object({
  v: z.literal(1),
  jobId: z.string().min(1),
  generation: z.int().positive(),
  /**
   * Lets the first claim be one write without a read: it assumes that nothing has happened since the send. `anyVersion`: no
   * such assumption.
   */
  version: z.int().nonnegative(),
  traceId: z.string(),
  /** Lets a worker that does not know the type leave the job alone; absent in messages of older versions. */
  type: z.string().optional(),
  /** Milliseconds since the epoch. */
  createdAt: z.number().optional(),
  /** The sender's span, for engines other than SQS with its X-Ray header. */
  spanId: z.string().optional(),
  /** How often the sweeper had sent the job before. It tells a worker that cannot use this message whether a newer one names the job. */
  sweeps: z.int().nonnegative().optional(),
  /** How often workers that do not know the type have sent it on. */
  returns: z.int().nonnegative().optional(),
});

/**
 * No record has this version. Used for a job on which an attempt was begun, which a claim without a read would not count. This
 * keeps the numbers right; it guards nothing.
 */
export const anyVersion = 0;

export type JobMessage = Omit<z.infer<typeof schema>, 'v'>;

export function encodeMessage(message: JobMessage): string {
  const { jobId, generation, version, traceId, type, createdAt, spanId, sweeps, returns } = message;
  const body = { v: 1, jobId, generation, version, traceId, type, createdAt, spanId, sweeps, returns } satisfies z.infer<typeof schema>;
  return JSON.stringify(body);
}

/** `undefined` for a body that is not JSON, is of another version, or lacks a field: a poison message. */
export function decodeMessage(body: string): JobMessage | undefined {
  const decoded = decodeJson(schema, body);
  if (decoded === undefined) return undefined;
  const { v: _, ...message } = decoded;
  return message;
}
