/** Ids of jobs that whoever makes them gives the same: one put of several wins, and the others find the job there. */
import { createHash } from 'node:crypto';

/** A ULID of that time, whose rest follows from the text. `at`: milliseconds since the epoch. */
export function derivedJobId(at: number, text: string): string {
  const hash = createHash('sha256').update(text).digest();
  return crockford(BigInt(at), 10) + crockford(hash.readBigUInt64BE(0) * 65_536n + BigInt(hash.readUInt16BE(8)), 16);
}

/** The same for one that belongs to another: it stands beside that one, in the order of creation. */
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
