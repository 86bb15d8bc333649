/**
 * Converts between the record and DynamoDB's item. Params and results are kept as JSON text, so they come back unchanged: in
 * the record (of any length where an older version wrote it), or in an item of their own that the record's attribute names.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import {
  isFailed,
  isFinal,
  jobPriorities,
  jobStatuses,
  maxLosses,
  type HistoryEntry,
  type Job,
  type JsonValue,
  type Payload,
} from '../../job.ts';
import { waitReasons } from '../../waiting.ts';
import type { IdempotencyLock, SweepState } from '../jobTable.ts';
import type { ApartItem } from '../payloadLife.ts';
import { placeOf, type Placed } from '../../place.ts';
import { idempotencyLockKey, jobKey, payloadItemKey, shardOf } from './definition.ts';

export type Item = Record<string, AttributeValue>;

const failure = z.object({ code: z.string(), message: z.string(), attempt: z.number(), at: z.number() });
/** Zod's own `json` would drop a key called `__proto__`. */
const jsonText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.custom<JsonValue>());

const payload = z.union([
  jsonText.transform((value): Payload => ({ kind: 'inline', value })),
  z.object({ key: z.string(), expiresAt: z.number() }).transform((pointer): Payload => ({ kind: 'apart', ...pointer })),
]);

const jobItem = z.object({
  jobId: z.string(),
  owner: z.string(),
  type: z.string(),
  priority: z.enum(jobPriorities),
  params: payload,
  idempotencyKey: z.string().optional(),
  tags: z.array(z.string()).optional(),
  status: z.enum(jobStatuses),
  version: z.number(),
  generation: z.number(),
  attempts: z.number(),
  // Records of the version before have no budget: they get the whole default budget, so that an upgrade ends no job.
  failures: z.number().default(0),
  maxFailures: z.number().default(9),
  losses: z.number().default(0),
  maxLosses: z.number().default(maxLosses),
  dueAt: z.number().optional(),
  runAt: z.number().optional(),
  waiting: z.object({ reason: z.enum(waitReasons), until: z.number().optional(), for: z.string().optional() }).optional(),
  workflow: z.object({ workflowId: z.string(), name: z.string() }).optional(),
  parent: z.object({ jobId: z.string(), name: z.string(), depth: z.number(), generation: z.number().optional() }).optional(),
  hasChildren: z.literal(true).optional(),
  waitsFor: z.string().optional(),
  cause: z.object({ jobId: z.string(), generation: z.number() }).optional(),
  tell: z.number().optional(),
  suspended: z.boolean().optional(),
  stepsFrom: z.number().optional(),
  keeps: z.literal(true).optional(),
  concurrencyKey: z.string().optional(),
  rateKey: z.string().optional(),
  hasLateKeys: z.literal(true).optional(),
  /** `dueAt`, as the version before wrote it on every record. */
  notBefore: z.number().optional(),
  claim: z.object({ id: z.string(), expiresAt: z.number() }).optional(),
  cancelRequested: z.boolean(),
  progress: z.number().optional(),
  result: payload.optional(),
  error: failure.optional(),
  history: z.array(z.object({ status: z.enum(jobStatuses), at: z.number(), attempt: z.number(), error: failure.optional() })),
  traceId: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
  startedAt: z.number().optional(),
  finishedAt: z.number().optional(),
  expiresAt: z.number().optional(),
  sweeps: z.number(),
  sweptAt: z.number().optional(),
  webhookVersion: z.number().optional(),
  writeId: z.string(),
});

/** @throws where the item is not a job: another program wrote it. */
export function decodeJob(item: Item): Job {
  const { history, notBefore, expiresAt, ...job } = jobItem.parse(unmarshall(item));
  const dueAt = job.dueAt ?? (notBefore !== undefined && notBefore > job.createdAt ? notBefore : undefined);
  const firstVersion = job.version - history.length + 1;
  let latest = Number.NEGATIVE_INFINITY;
  const entries = history.map((entry, index) => {
    // Writers know the service's time to within a second: one may have assumed a later moment than the next one did.
    latest = Math.max(latest, entry.at);
    return { version: firstVersion + index, ...entry, at: latest };
  });
  return {
    ...job,
    dueAt,
    // The version before may have set it on open jobs too.
    expiresAt: isFinal(job.status) ? expiresAt : undefined,
    updatedAt: Math.max(job.updatedAt, latest),
    history: entries,
  };
}

/** The image of a job in the table's stream, as Lambda passes it: checked as strictly as an item. @throws */
export function decodeImage(image: object): Job {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is not an item fails to decode
  return decodeJob(image as Item);
}

export function encodeJob(job: Job): Item {
  const { history, params, result, ...rest } = job;
  return encode({
    pk: jobKey(job.jobId),
    ...rest,
    // 0.4.0, which may still run beside this version, reads no record without it. Nothing else does.
    payloadHash: '',
    params: encodePayload(params),
    result: result === undefined ? undefined : encodePayload(result),
    history: history.map(encodeHistoryEntry),
    ...(isFinal(job.status) ? { outcome: job.status } : {}),
    ...indexOf(job),
    ...troubleOf(job),
  });
}

/** The attributes of the index of failed and cancelled jobs; none for other jobs. */
function troubleOf({ owner, status, error }: Job): { readonly troubledOwner?: string; readonly errorCode?: string | undefined } {
  return isFailed(status) || error !== undefined ? { troubledOwner: owner, errorCode: error?.code } : {};
}

export function encodePayload(payload: Payload): string | object {
  if (payload.kind === 'inline') return JSON.stringify(payload.value);
  const { key, expiresAt } = payload;
  return { key, expiresAt };
}

/** The version is left out: entries are contiguous and the last one's version is the record's. */
export function encodeHistoryEntry({ status, at, attempt, error }: Omit<HistoryEntry, 'version'>): object {
  return { status, at, attempt, error };
}

const lockItem = z.object({ jobId: z.string(), payloadHash: z.string(), expiresAt: z.number(), writeId: z.string() });

/** A lock that another process wrote: no write of this process waits for its answer. */
export function encodeLock(owner: string, idempotencyKey: string, lock: IdempotencyLock): Item {
  return encode({ pk: idempotencyLockKey(owner, idempotencyKey), ...lock, writeId: '-' });
}

export function decodeLock(item: Item): IdempotencyLock & { readonly writeId: string } {
  return lockItem.parse(unmarshall(item));
}

/** A payload in an item of its own. */
export function encodePayloadItem({ key, json, expiresAt }: ApartItem): Item {
  return encode({ pk: payloadItemKey(key), json, expiresAt });
}

const payloadItem = z.object({ pk: z.string(), json: jsonText });

export function decodePayload(item: Item): { readonly pk: string; readonly value: JsonValue } {
  const { pk, json } = payloadItem.parse(unmarshall(item));
  return { pk, value: json };
}

const sweepItem = z.object({
  ranAt: z.number(),
  after: z.string().optional(),
  passBeganAt: z.number(),
  looked: z.number(),
  overdue: z.number(),
  lastPass: z.object({ tookMs: z.number(), looked: z.number(), overdue: z.number() }).optional(),
});

export function decodeSweep(item: Item): SweepState {
  return sweepItem.parse(unmarshall(item));
}

export function encode(values: object): Item {
  return marshall(values, { removeUndefinedValues: true });
}

/** The attributes of the index of places; none for a job that has succeeded. */
export function indexOf(job: Placed): { readonly place?: string; readonly rank?: string } {
  const place = placeOf(job);
  return place === undefined ? {} : { place: shardOf(place), rank: place.rank };
}
