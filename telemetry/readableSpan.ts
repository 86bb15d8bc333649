/** A span that has ended, as the SDK's exporters read it. */
import { SpanStatusCode, type SpanContext } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { EndedSpan } from './activeSpan.ts';

/** Shared by all spans: thousands wait for their batch. */
const shared = {
  instrumentationScope: { name: 'job-tickets' },
  unset: { code: SpanStatusCode.UNSET },
  links: [],
  events: [],
};

export function readableSpan(span: EndedSpan, resource: Resource): ReadableSpan {
  const { name, kind, context, parent, attributes, startedAt, durationMs, failure, links, events } = span;
  const read: ReadableSpan & { parentSpanContext?: SpanContext } = {
    name,
    kind,
    spanContext: () => context,
    startTime: millisToHrTime(startedAt),
    endTime: millisToHrTime(startedAt + durationMs),
    duration: millisToHrTime(durationMs),
    status: failure === undefined ? shared.unset : { code: SpanStatusCode.ERROR, message: failure },
    attributes,
    links: links.length === 0 ? shared.links : [...links],
    events: events.length === 0 ? shared.events : events.map(({ at, ...event }) => ({ ...event, time: millisToHrTime(at) })),
    ended: true,
    resource,
    instrumentationScope: shared.instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  if (parent !== undefined) read.parentSpanContext = parent;
  return read;
}
