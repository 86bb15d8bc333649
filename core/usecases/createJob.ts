/**
 * Hands in a job: idempotency lock, record, message, in this order, so that a crash anywhere leaves nothing lost. Where the
 * table keeps the order of what it is asked, record and message go together.
 */
import { hash } from 'node:crypto';
import { JobError } from '../errors.ts';
import type { Core } from './core.ts';
import { enqueue } from './enqueue.ts';
import { canonicalJson, checkedRequest, draftOf, record, tagsOf, type CreatedJob, type CreateJobRequest, type Draft } from './recordJob.ts';
import { sendMessage } from './sendMessage.ts';
import { startEach } from './startEach.ts';

export type { CreatedJob, CreateJobRequest };

/**
 * @throws {JobError} `UNKNOWN_JOB_TYPE` or `BAD_USER_INPUT`, with nothing written; `IDEMPOTENCY_KEY_REUSED`;
 *   `TABLE_UNAVAILABLE`; `QUEUE_UNAVAILABLE` with the id of the job, which then is FAILED and can be retried.
 */
export async function createJob(core: Core, request: CreateJobRequest): Promise<CreatedJob> {
  return counted(core, async () => queued(core, request, await recorded(core, request)));
}

/** As many as SQS's and DynamoDB's batches make worthwhile in one request. */
export const maxBatch = 100;

/** @throws {JobError} `BAD_USER_INPUT` above 100. */
export function requireBatch(size: number): void {
  if (size > maxBatch) throw new JobError('BAD_USER_INPUT', { message: `At most ${maxBatch} jobs in one request.`, path: ['jobs'] });
}

export type CreateJobOutcome = ({ readonly ok: true } & CreatedJob) | { readonly ok: false; readonly error: unknown };

/**
 * Each succeeds or fails by itself. All are recorded before the first is sent, so that their messages fill whole batches.
 * @throws {JobError} `BAD_USER_INPUT` above 100.
 */
export async function createJobs(core: Core, requests: readonly CreateJobRequest[]): Promise<readonly CreateJobOutcome[]> {
  requireBatch(requests.length);
  const records = await Promise.allSettled(startEach(requests, (request) => recorded(core, request)));
  return Promise.all(
    requests.map(async (request, index): Promise<CreateJobOutcome> => {
      const record = records[index];
      try {
        const done = await counted(core, () => {
          if (record?.status !== 'fulfilled') throw record?.reason;
          return queued(core, request, record.value);
        });
        return { ok: true, ...done };
      } catch (error) {
        return { ok: false, error };
      }
    }),
  );
}

/** A refused job was requested wrongly; a failure is the service's fault. */
async function counted({ telemetry }: Core, create: () => Promise<CreatedJob>): Promise<CreatedJob> {
  try {
    const created = await create();
    telemetry.count('createRequests', { outcome: 'accepted' });
    return created;
  } catch (error) {
    const isOurs = !(error instanceof JobError) || error.code === 'TABLE_UNAVAILABLE' || error.code === 'QUEUE_UNAVAILABLE';
    telemetry.count('createRequests', { outcome: isOurs ? 'failed' : 'refused' });
    throw error;
  }
}

interface Recorded extends CreatedJob {
  /** Its message was sent along with the record. */
  readonly isSent?: boolean;
}

/** Checked, locked by its key, and written: only its message is missing, unless it was sent along with the record. */
async function recorded(core: Core, request: CreateJobRequest): Promise<Recorded> {
  const checked = checkedRequest(core, request);
  const now = await core.table.time();
  const draft = draftOf(request, { jobId: core.newJobId(Math.trunc(now.at)), ...checked, now });
  const { owner, idempotencyKey } = request;
  if (idempotencyKey === undefined) return recordedAndSent(core, request, draft);

  const payloadHash = hashOf(request);
  // A lock that outlives its record would let the work run twice.
  const ttlSeconds = Math.min(core.settings.idempotencyTtlSeconds, core.settings.jobTtlDays * 86_400);
  const wanted = { jobId: draft.jobId, payloadHash, expiresAt: Math.floor(now.low / 1000) + ttlSeconds };
  const { taken, lock } = await core.table.lock(owner, idempotencyKey, wanted, Math.floor(now.low / 1000));
  if (taken) return recordedAndSent(core, request, draft);
  if (lock.payloadHash !== payloadHash) throw new JobError('IDEMPOTENCY_KEY_REUSED', { jobId: lock.jobId });

  const job = await core.table.get(lock.jobId);
  if (job !== undefined) return { job, created: false };
  // The lock's writer crashed before it wrote the job, or is just about to: of all who try now, one put wins.
  return record(core, { ...draft, jobId: lock.jobId });
}

/** With a new id. If its message is not sent, the code that queues it makes up for that. */
async function recordedAndSent(core: Core, request: CreateJobRequest, draft: Draft): Promise<Recorded> {
  if (core.table.keepsOrder !== true || draft.waiting !== undefined) return record(core, draft);
  let sending: Promise<boolean> | undefined;
  const recording = record(core, draft, () => {
    sending = sendMessage(core, draft, delayOf(request, draft)).then(
      () => true,
      () => false,
    );
  });
  return { ...(await recording), isSent: (await sending) ?? false };
}

/** The process that wrote the record sends its message. */
async function queued(core: Core, request: CreateJobRequest, { job, created, isSent }: Recorded): Promise<CreatedJob> {
  // A job that waits on purpose is sent by the process that ends its wait.
  if (!created || isSent === true || job.waiting !== undefined) return { job, created };
  return { job: await enqueue(core, job, delayOf(request, job)), created };
}

function delayOf({ delaySeconds, runAt }: CreateJobRequest, { createdAt }: Pick<CreatedJob['job'], 'createdAt'>): number {
  return runAt === undefined ? delaySeconds : Math.max(0, runAt - createdAt) / 1000;
}

/** Of the payload as the client sent it, so that a new default does not make an old key look reused. RFC 8785. */
function hashOf(request: CreateJobRequest): string {
  const { type, params = {}, priority, delaySeconds, runAt } = request;
  const tags = tagsOf(request)?.toSorted();
  const start = runAt === undefined ? { delaySeconds } : { delaySeconds, runAt };
  return hash('sha256', canonicalJson({ type, params, priority, ...start, ...(tags === undefined ? {} : { tags }) }), 'base64url');
}
