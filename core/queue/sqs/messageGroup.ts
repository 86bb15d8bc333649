/** Whose message it is, as SQS's fair queues want to know: in standard queues a group has no order, only its fair share. */
import { createHash } from 'node:crypto';

/**
 * SQS takes 1 to 128 letters, digits and signs of ASCII; an owner is any text, and nobody's business in a console. So it is
 * their hash, which is the same from every sender, and another one for another owner.
 */
export function messageGroupOf(owner: string): string {
  return createHash('sha256').update(owner).digest('base64url');
}
