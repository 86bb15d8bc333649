/** Random bytes, many drawn in one call: a separate call for each id costs ten times as much. */
import { randomFillSync } from 'node:crypto';

const pool = Buffer.allocUnsafeSlow(8192);
let used = pool.length;

/** Two lower-case hexadecimal digits per byte. At most 8,192 bytes. */
export function randomHex(bytes: number): string {
  const from = take(bytes);
  return pool.toString('hex', from, from + bytes);
}

/** One of 256 steps, from 0 to below 1: used to draw the letters of a ULID. */
export function randomFraction(): number {
  return pool.readUInt8(take(1)) / 256;
}

/** No byte is used twice. */
function take(bytes: number): number {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}
