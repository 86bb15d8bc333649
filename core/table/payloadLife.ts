/**
 * How long payloads are kept, the same in every engine. When a payload is written nobody knows when its job will end, and each
 * change of its expiry is paid by the KB. So it is kept for as long as a record from now on and some days more, and gets more
 * time only when an open job has used up those days. It outlives its record by days, and nothing points at it then.
 */
import { randomBytes } from 'node:crypto';
import type { Payload } from '../job.ts';
import { maxInlineBytes, type KeepPayload } from './jobTable.ts';

/** A job that ends within these days needs no renewal. */
export const spareDays = 7;
/** Expired items are deleted late (DynamoDB: up to two days), and an expired record still shows its payload. */
const leastSpareDays = 3;
const day = 86_400;

/** Seconds since the epoch. `now` is in milliseconds. */
export function payloadExpiry(now: number, jobTtlDays: number): number {
  return Math.floor(now / 1000) + (jobTtlDays + spareDays) * day;
}

/** Whether a record that ends now would be kept longer than a payload that expires then. */
export function needsRenewal(expiresAt: number, now: number, jobTtlDays: number): boolean {
  return expiresAt < Math.floor(now / 1000) + (jobTtlDays + leastSpareDays) * day;
}

/** What an engine stores for a payload that its record only points at. */
export interface ApartItem {
  readonly key: string;
  readonly json: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Inline up to its bound; else stored under a new key, which is never written again. */
export async function keptPayload(
  { jobId, kind, value, now }: KeepPayload,
  jobTtlDays: number,
  put: (item: ApartItem) => Promise<unknown>,
): Promise<Payload> {
  const json = JSON.stringify(value);
  if (Buffer.byteLength(json) <= maxInlineBytes[kind]) return { kind: 'inline', value };
  const key = `${jobId}#${kind}#${randomBytes(9).toString('base64url')}`;
  const expiresAt = payloadExpiry(now, jobTtlDays);
  await put({ key, json, expiresAt });
  return { kind: 'apart', key, expiresAt };
}
