/**
 * Spans as OpenTelemetry defines them, each exported once, when it has ended. While one runs it is the active span of
 * OpenTelemetry's context, so that spans of users' own instrumentation nest in it. The SDK's tracer costs more than twice as
 * much per span, in checks and copies that are not needed for spans of this code.
 */
import {
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type ContextManager,
  type Link,
  type SpanContext,
} from '@opentelemetry/api';
import { ActiveSpan, type EndedSpan } from './activeSpan.ts';
import { readTraceparent, readXrayHeader } from './traceHeaders.ts';

/**
 * Where a trace continues: the W3C or X-Ray headers of a request or a message, or its ids. If only the trace's id is known, the
 * parent's id is derived from it.
 */
export interface TraceOrigin {
  readonly traceparent?: string | undefined;
  /** X-Ray's header, as SQS carries it in `AWSTraceHeader`. */
  readonly xray?: string | undefined;
  /** 32 hexadecimal digits. */
  readonly traceId?: string | undefined;
  /** 16 hexadecimal digits, together with the trace's id. */
  readonly spanId?: string | undefined;
}

export type SpanAttributes = Readonly<Record<string, string | number>>;

export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: SpanAttributes;
  /** Default: the span that is running. */
  readonly origin?: TraceOrigin;
}

export interface SpansDeps {
  readonly contexts: Pick<ContextManager, 'active' | 'with'>;
  /** 32 hexadecimal digits. */
  newTraceId(): string;
  /** 16 hexadecimal digits. */
  newSpanId(): string;
  /** Whether the span is recorded and sent. The SDK's samplers are asked through this. */
  isSampled(context: Context, traceId: string, name: string, kind: SpanKind, attributes: Attributes, links: Link[]): boolean;
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

export function createSpans({ contexts, newTraceId, newSpanId, isSampled, take }: SpansDeps): Spans {
  function spanIn(above: Context, name: string, { kind = SpanKind.INTERNAL, attributes = {} }: SpanOptions): ActiveSpan {
    const parent = trace.getSpanContext(above);
    const traceId = parent?.traceId ?? newTraceId();
    const traceFlags = isSampled(above, traceId, name, kind, attributes, noLinks) ? TraceFlags.SAMPLED : TraceFlags.NONE;
    return new ActiveSpan({ name, kind, context: { traceId, spanId: newSpanId(), traceFlags }, parent, attributes, take });
  }

  return {
    run(name, options, run) {
      const active = contexts.active();
      const above = options.origin === undefined ? active : contextOf(active, options.origin);
      const span = spanIn(above, name, options);
      return contexts.with(trace.setSpan(above, span), async () => {
        try {
          return await run((attributes) => void span.setAttributes(attributes));
        } catch (error) {
          span.fail(error instanceof Error ? error.name : 'unknown');
          throw error;
        } finally {
          span.end();
        }
      });
    },
    running: () => trace.getSpanContext(contexts.active()),
  };
}

const noLinks: Link[] = [];

/** The caller's span is the parent; where no valid one is given, a new trace begins. */
function contextOf(active: Context, origin: TraceOrigin): Context {
  const parent = parentOf(origin);
  if (parent !== undefined) return trace.setSpanContext(active, parent);
  return active === ROOT_CONTEXT ? active : trace.deleteSpan(active);
}

function parentOf({ traceparent, xray, traceId, spanId = traceId?.slice(16) }: TraceOrigin): SpanContext | undefined {
  const carried =
    (xray === undefined ? undefined : readXrayHeader(xray)) ?? (traceparent === undefined ? undefined : readTraceparent(traceparent));
  if (carried !== undefined || traceId === undefined || spanId === undefined) return carried;
  const made = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(made) ? made : undefined;
}
