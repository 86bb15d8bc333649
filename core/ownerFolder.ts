/**
 * The name of an owner's folder in every bucket. No two owners share one, even where names are compared without case or in
 * another normal form of Unicode. It has no dot and no slash, and fits into a folder's name.
 */
import { createHash } from 'node:crypto';

/** Leaves more than half of a key's 1,024 bytes, and of a file name's 255, to what follows. */
const maxLength = 100;

/**
 * Lower-case letters, digits and hyphens stand as they are, every other byte of the owner's UTF-8 as `_` and two hex digits:
 * `auth0|Ann` is `auth0_7c_41nn`. Where that is too long, `__` and a SHA-256; the first form never begins so.
 */
export function ownerFolder(owner: string): string {
  const bytes = Buffer.from(owner);
  const spelt = Array.from(bytes, (byte) => (isPlain(byte) ? String.fromCharCode(byte) : `_${byte.toString(16).padStart(2, '0')}`)).join(
    '',
  );
  if (spelt.length > 0 && spelt.length <= maxLength && owner.isWellFormed()) return spelt;
  // The hash of its UTF-16: half a surrogate pair has no UTF-8 of its own.
  return `__${createHash('sha256').update(Buffer.from(owner, 'utf16le')).digest('hex')}`;
}

function isPlain(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d;
}
