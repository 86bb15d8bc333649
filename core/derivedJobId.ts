/** Job ids that every process derives in the same way: the first one to put the job wins, and the others find it there. */
import { createHash } from 'node:crypto';

/** A ULID of that time whose random part is derived from the text. `at`: milliseconds since the epoch. */
export function derivedJobId(at: number, text: string): string {
  const hash = createHash('sha256').update(text).digest();
  return crockford(BigInt(at), 10) + crockford(hash.readBigUInt64BE(0) * 65_536n + BigInt(hash.readUInt16BE(8)), 16);
}

/** The same for a job that belongs to another job: its id has the other's time, so both are listed side by side. */
export function jobIdBeside(jobId: string, text: string): string {
  return jobId.slice(0, timeLength) + derivedJobId(0, `${jobId}#${text}`).slice(timeLength);
}

const timeLength = 10;

function crockford(value: bigint, length: number): string {
  const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let text = '';
  for (let rest = value; text.length < length; rest >>= 5n) text = digits.charAt(Number(rest & 31n)) + text;
  return text;
}
