/** Random bytes, many drawn in one call: a call of its own for each id costs ten times as much. */
import { randomFillSync } from 'node:crypto';

const pool = Buffer.allocUnsafeSlow(8192);
let used = pool.length;

/** Two lower-case digits a byte. At most 8,192 bytes. */
export function randomHex(bytes: number): string {
  const from = take(bytes);
  return pool.toString('hex', from, from + bytes);
}

/** Of 256 steps, from 0 to below 1: what the letters of a ULID are drawn with. */
export function randomFraction(): number {
  return pool.readUInt8(take(1)) / 256;
}

/** No byte is given twice. */
function take(bytes: number): number {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}
