/**
 * How long payloads are kept, the same in every engine. When a payload is written nobody knows when its job will end, and
 * moving its expiry is paid by the KB. So it gets the life of a record from now on and some days to spare, and is given more
 * only when an open job has used those up: it outlives its record by days, and nothing reaches it then.
 */

/** A job that ends within these days needs no renewal. */
const spareDays = 7;
/** Expired items linger (DynamoDB: two days), and an expired record still shows its payload. */
const leastSpareDays = 3;
const day = 86_400;

/** Seconds since the epoch. `now` is in milliseconds. */
export function payloadExpiry(now: number, jobTtlDays: number): number {
  return Math.floor(now / 1000) + (jobTtlDays + spareDays) * day;
}

/** Whether the record of a job that ended now would outlive a payload that expires then. */
export function needsRenewal(expiresAt: number, now: number, jobTtlDays: number): boolean {
  return expiresAt < Math.floor(now / 1000) + (jobTtlDays + leastSpareDays) * day;
}
