/** A feed that tells telemetry what it publishes, and whether that was taken. */
import { SpanKind } from '@opentelemetry/api';
import type { Feed } from './feed/feed.ts';
import type { Telemetry } from './telemetry.ts';

export function observedFeed(feed: Feed, telemetry: Telemetry): Feed {
  return {
    ...feed,
    async publish(event) {
      const attributes = {
        'messaging.system': 'redis',
        'messaging.operation.type': 'send',
        'job.id': event.jobId,
        'job.version': event.version,
      };
      const isTaken = await telemetry.span('publish feed', { kind: SpanKind.PRODUCER, attributes }, () => feed.publish(event));
      telemetry.count('feedPublishes', { outcome: isTaken ? 'taken' : 'lost' });
      return isTaken;
    },
  };
}
