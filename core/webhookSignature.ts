/** Secrets of webhooks, and signatures with them: HMAC-SHA256, as in Standard Webhooks. */
import { createHmac, randomBytes } from 'node:crypto';
import type { WebhookEndpoint } from './webhook.ts';

const prefix = 'whsec_';
const secretBytes = 32;

export function newWebhookSecret(): string {
  return prefix + randomBytes(secretBytes).toString('base64');
}

export interface SignedMessage {
  readonly id: string;
  /** The time of this try, in seconds since the epoch. */
  readonly timestamp: number;
  readonly body: string;
}

/** One signature for each of the secrets that are valid at `at` (milliseconds since the epoch). */
export function webhookHeaders(
  { secrets }: Pick<WebhookEndpoint, 'secrets'>,
  { id, timestamp, body }: SignedMessage,
  at: number,
): Readonly<Record<string, string>> {
  const signatures = secrets
    .filter(({ until }) => until === undefined || until > at)
    .map(({ text }) => {
      const key = Buffer.from(text.slice(prefix.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
    });
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatures.join(' ') };
}
