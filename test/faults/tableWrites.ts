/** Reads the requests to the table that pass the proxy: which job they write, to which status, under whose claim. */
import { z } from 'zod';
import { jobStatuses, type JobStatus } from '../../core/job.ts';
import type { AwsAnswer, AwsProxy, AwsRequest } from '../support/awsProxy.ts';
import type { Write } from './history.ts';

const text = z.object({ S: z.string() });
const update = z.object({
  Key: z.object({ pk: text }),
  ExpressionAttributeValues: z.object({
    ':set_status': z.object({ S: z.enum(jobStatuses) }).optional(),
    ':claimId': text.optional(),
  }),
});
const put = z.object({ Item: z.object({ pk: text, status: text.optional() }) });
const number = z.object({ N: z.coerce.number() }).transform(({ N }) => N);
/** The parts of a record that the checker reads; the whole would take the tests' own process too long. */
const record = z.object({
  jobId: text,
  status: z.object({ S: z.enum(jobStatuses) }),
  version: number,
  generation: number,
  claim: z.object({ M: z.object({ id: text }) }).optional(),
  failures: number.default(0),
  maxFailures: number.optional(),
  losses: number.default(0),
  maxLosses: number.optional(),
  cancelRequested: z.object({ BOOL: z.boolean() }),
  dueAt: number.optional(),
  updatedAt: number,
});
const created = z.object({ Item: record });
const updated = z.object({ Attributes: record });

/** A request that puts the job into this status. */
export function setsStatus(status: JobStatus): (body: unknown) => boolean {
  return (body) => {
    const parsed = update.safeParse(body);
    return parsed.success && parsed.data.ExpressionAttributeValues[':set_status']?.S === status;
  };
}

/** A heartbeat, or progress. */
export function renews(body: unknown): boolean {
  const parsed = update.safeParse(body);
  if (!parsed.success) return false;
  const values = parsed.data.ExpressionAttributeValues;
  return values[':set_status'] === undefined && values[':claimId'] !== undefined;
}

/** The put of a job's record. */
export const putsJob = (body: unknown): boolean => putsItem(body, 'job#');

/** The put of params or a result apart from their record. */
export const putsPayload = (body: unknown): boolean => putsItem(body, 'payload#');

/** The put of an idempotency key's lock item. */
export const putsLock = (body: unknown): boolean => putsItem(body, 'key#');

function putsItem(body: unknown, prefix: string): boolean {
  const parsed = put.safeParse(body);
  return parsed.success && parsed.data.Item.pk.S.startsWith(prefix);
}

/** A piece of bytes to Redis that publishes. ioredis sends a command's name as it is called, in lower case. */
export function publishes(status: JobStatus): (text: string) => boolean {
  return (text) => text.includes('spublish') && text.includes(`"status":"${status}"`);
}

/** Every write to a job that takes effect is added to `writes`. */
export function recordWrites(proxy: AwsProxy, writes: Write[]): void {
  proxy.observe((request, answer) => {
    const write = writeOf(request, answer);
    if (write !== undefined) writes.push(write);
  });
}

function writeOf({ operation, body }: AwsRequest, answer: AwsAnswer): Write | undefined {
  if (answer.status !== 200) return undefined;
  if (operation === 'PutItem' && putsJob(body)) return asWrite(created.parse(body).Item, undefined, true);
  if (operation !== 'UpdateItem') return undefined;
  const { Key, ExpressionAttributeValues: values } = update.parse(body);
  if (!Key.pk.S.startsWith('job#')) return undefined;
  return asWrite(updated.parse(answer.body).Attributes, values[':claimId']?.S, values[':set_status'] !== undefined);
}

function asWrite(written: z.infer<typeof record>, fence: string | undefined, isTransition: boolean): Write {
  const { jobId, status, version, generation, claim, maxFailures, maxLosses, cancelRequested, ...counts } = written;
  return {
    jobId: jobId.S,
    version,
    status: status.S,
    generation,
    claimId: claim?.M.id.S,
    fence,
    isTransition,
    counts:
      // One of the version before has no budget.
      maxFailures === undefined || maxLosses === undefined
        ? undefined
        : { ...counts, maxFailures, maxLosses, cancelRequested: cancelRequested.BOOL, seenAt: Date.now() },
  };
}
