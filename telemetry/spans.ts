/**
 * Spans, as OpenTelemetry means them, and no more of them than is used here: each is told once, when it has ended.
 * Its SDK's tracer costs more than twice as much a span, in checks and copies of what this code makes itself.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { isSpanContextValid, SpanKind, TraceFlags, type SpanContext } from '@opentelemetry/api';
import { readTraceparent, readXrayHeader } from './traceHeaders.ts';

/**
 * Where a trace goes on: the W3C or X-Ray headers of a request or a message, or its ids. Of a trace known by its id
 * alone the parent is not known, so one is made of that id.
 */
export interface TraceOrigin {
  readonly traceparent?: string | undefined;
  /** X-Ray's header, as SQS carries it in `AWSTraceHeader`. */
  readonly xray?: string | undefined;
  /** 32 hexadecimal digits. */
  readonly traceId?: string | undefined;
  /** 16 hexadecimal digits, with the trace's id. */
  readonly spanId?: string | undefined;
}

export type SpanAttributes = Readonly<Record<string, string | number>>;

export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: SpanAttributes;
  /** Default: the span that is running. */
  readonly origin?: TraceOrigin;
}

export interface EndedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly context: SpanContext;
  readonly parent: SpanContext | undefined;
  readonly attributes: SpanAttributes;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** The name of the error that it ended with. */
  readonly failure: string | undefined;
}

export interface SpanSink {
  /** 32 hexadecimal digits. */
  newTraceId(): string;
  /** 16 hexadecimal digits. */
  newSpanId(): string;
  take(span: EndedSpan): void;
}

export interface Spans {
  run<Result>(
    name: string,
    options: SpanOptions,
    run: (annotate: (attributes: SpanAttributes) => void) => Promise<Result>,
  ): Promise<Result>;
  /** The span that is running, through awaits. */
  running(): SpanContext | undefined;
}

export function createSpans({ newTraceId, newSpanId, take }: SpanSink): Spans {
  const current = new AsyncLocalStorage<SpanContext>();

  function contextBelow(parent: SpanContext | undefined): SpanContext {
    const spanId = newSpanId();
    // Who began the trace has decided whether it is sampled.
    if (parent !== undefined) return { traceId: parent.traceId, spanId, traceFlags: parent.traceFlags };
    return { traceId: newTraceId(), spanId, traceFlags: TraceFlags.SAMPLED };
  }

  return {
    run(name, { kind = SpanKind.INTERNAL, attributes: given = {}, origin }, run) {
      const parent = origin === undefined ? current.getStore() : parentOf(origin);
      const context = contextBelow(parent);
      return current.run(context, async () => {
        const startedAt = Date.now();
        const begun = performance.now();
        let attributes = given;
        let failure: string | undefined;
        try {
          return await run((more) => {
            attributes = { ...attributes, ...more };
          });
        } catch (error) {
          failure = error instanceof Error ? error.name : 'unknown';
          throw error;
        } finally {
          if ((context.traceFlags & TraceFlags.SAMPLED) !== 0)
            take({ name, kind, context, parent, attributes, startedAt, durationMs: performance.now() - begun, failure });
        }
      });
    },
    running: () => current.getStore(),
  };
}

function parentOf({ traceparent, xray, traceId, spanId = traceId?.slice(16) }: TraceOrigin): SpanContext | undefined {
  const carried =
    (xray === undefined ? undefined : readXrayHeader(xray)) ?? (traceparent === undefined ? undefined : readTraceparent(traceparent));
  if (carried !== undefined || traceId === undefined || spanId === undefined) return carried;
  const made = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(made) ? made : undefined;
}
