/** A feed that reports to telemetry what it publishes, and whether that was accepted. */
import { SpanKind } from '@opentelemetry/api';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Feed } from './feed.ts';

export function observedFeed(feed: Feed, telemetry: Telemetry): Feed {
  return {
    ...feed,
    publish(event, record) {
      // The job's id is on the parent span; one more attribute costs as much to send as to measure.
      const attributes = { 'messaging.system': 'redis', 'job.version': event.version };
      const publishing = telemetry.span('publish feed', { kind: SpanKind.PRODUCER, attributes }, () => feed.publish(event, record));
      return publishing.then((isTaken) => {
        telemetry.count('feedPublishes', { outcome: isTaken ? 'taken' : 'lost' });
        return isTaken;
      });
    },
  };
}
