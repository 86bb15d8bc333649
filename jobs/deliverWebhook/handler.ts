/** Delivers an event to a webhook endpoint in its present state: its URL, its secrets, and whether it still exists. */
import { PermanentError, RetryLaterError } from '../../core/errors.ts';
import { defineHandler, type JobHandler } from '../../core/handler.ts';
import { deliverWebhook, eventBodyOf, eventIdOf, type WebhookEndpoint } from '../../core/webhook.ts';
import { webhookHeaders } from '../../core/webhookSignature.ts';
import { AddressRefused, NoAnswerInTime, post, type PostAnswer, type PostDeps } from './post.ts';

/** The result of a try. */
export type DeliveryOutcome = 'delivered' | 'refused' | 'gone' | 'unreachable' | 'timeout' | 'private_address' | 'disabled' | 'deleted';

export interface DeliverWebhookDeps extends PostDeps {
  findEndpoint(endpointId: string): Promise<WebhookEndpoint | undefined>;
  /** Failed for good, until its owner enables it again. */
  disable(endpointId: string, reason: string): Promise<void>;
  counted(outcome: DeliveryOutcome): void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The longest pause that a receiver can ask for: tries are spread over some 18 hours. */
const maxRetryAfterMs = 4 * 3_600_000;

export function createDeliverWebhook(deps: DeliverWebhookDeps): JobHandler<typeof deliverWebhook> {
  return defineHandler(deliverWebhook, async (event, { signal }) => {
    const { endpointId } = event;
    const endpoint = await deps.findEndpoint(endpointId);
    if (endpoint === undefined) throw ended('deleted', 'The endpoint was deleted.');
    if (endpoint.disabled !== undefined) throw ended('disabled', `The endpoint is disabled: ${endpoint.disabled.reason}`);

    const [id, body, at] = [eventIdOf(event), eventBodyOf(event), deps.now()];
    const headers = webhookHeaders(endpoint, { id, timestamp: Math.floor(at / 1000), body }, at);
    let answer: PostAnswer;
    try {
      answer = await post({ url: endpoint.url, headers: { ...headers, 'user-agent': 'job-tickets' }, body, signal }, deps);
    } catch (error) {
      if (!signal.aborted) deps.counted(outcomeOf(error));
      throw error;
    }
    const { status } = answer;
    if (status >= 200 && status < 300) {
      deps.counted('delivered');
      return { status };
    }
    if (status === 410) {
      await deps.disable(endpointId, 'Its receiver answered 410 Gone.');
      throw ended('gone', 'The receiver answered 410 Gone; the endpoint is disabled.');
    }
    deps.counted('refused');
    throw refusal(answer, deps.now());
  });

  function ended(outcome: DeliveryOutcome, message: string): PermanentError {
    deps.counted(outcome);
    return new PermanentError(message);
  }
}

function outcomeOf(error: unknown): DeliveryOutcome {
  if (error instanceof AddressRefused) return 'private_address';
  return error instanceof NoAnswerInTime ? 'timeout' : 'unreachable';
}

/** The receiver's answer is not put into the error: somebody else may read that. */
function refusal({ status, retryAfter }: PostAnswer, now: number): Error {
  const isRedirect = status >= 300 && status < 400;
  const message = `The receiver answered ${status}${isRedirect ? ': redirects are not followed' : ''}.`;
  const waitMs = status === 429 || status === 503 ? waitOf(retryAfter, now) : undefined;
  return waitMs === undefined ? new Error(message) : new RetryLaterError(message, Math.min(waitMs, maxRetryAfterMs));
}

/** Seconds, or a date (RFC 9110). */
function waitOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return ms > 0 ? ms : undefined;
}
