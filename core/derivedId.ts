/** Ids of jobs that follow from what they are made for: whoever makes such a job gives the same, and one put wins. */
import { createHash } from 'node:crypto';

/** A ULID of a moment (whole milliseconds since the epoch), whose random part is of what the job is made for. */
export function derivedJobId(at: number, madeFor: string): string {
  const hash = createHash('sha256').update(madeFor).digest();
  return crockford(BigInt(at), 10) + crockford(hash.readBigUInt64BE(0) * 65_536n + BigInt(hash.readUInt16BE(8)), 16);
}

function crockford(value: bigint, length: number): string {
  const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let text = '';
  for (let rest = value; text.length < length; rest >>= 5n) text = digits.charAt(Number(rest & 31n)) + text;
  return text;
}
