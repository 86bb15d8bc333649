/** The message group of a message, for SQS's fair queues: in standard queues a group has no order, only its fair share. */
import { createHash } from 'node:crypto';

/**
 * SQS takes 1 to 128 ASCII letters, digits and signs; an owner is any text, and should not be readable in a console. So the
 * group id is a hash of the owner: the same from every sender, and different for different owners.
 */
export function messageGroupOf(owner: string): string {
  return createHash('sha256').update(owner).digest('base64url');
}
