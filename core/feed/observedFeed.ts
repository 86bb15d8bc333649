/** A feed that tells telemetry what it publishes, and whether that was taken. */
import { SpanKind } from '@opentelemetry/api';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Feed } from './feed.ts';

export function observedFeed(feed: Feed, telemetry: Telemetry): Feed {
  return {
    ...feed,
    async publish(event, record) {
      // The job is its parent's; an attribute costs as much to send as to make a measurement of.
      const attributes = { 'messaging.system': 'redis', 'job.version': event.version };
      const isTaken = await telemetry.span('publish feed', { kind: SpanKind.PRODUCER, attributes }, () => feed.publish(event, record));
      telemetry.count('feedPublishes', { outcome: isTaken ? 'taken' : 'lost' });
      return isTaken;
    },
  };
}
