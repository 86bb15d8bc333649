/** The headers that carry a trace from one process to the next: W3C Trace Context, and X-Ray's as SQS carries it. */
import { TraceFlags, type SpanContext } from '@opentelemetry/api';

const traceparentForm = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;

/** Undefined where the header is not valid. Source: W3C Trace Context, "traceparent". */
export function readTraceparent(header: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = traceparentForm.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

/** Its parts may have any order, with others between them. Undefined where one is missing. Source: AWS X-Ray, "Tracing header". */
export function readXrayHeader(header: string): SpanContext | undefined {
  const [, time, random] = /\bRoot=1-(?!0{8}-0{24})([\da-f]{8})-([\da-f]{24})\b/.exec(header) ?? [];
  const [, spanId] = /\bParent=(?!0{16})([\da-f]{16})\b/.exec(header) ?? [];
  const [, sampled] = /\bSampled=([01])\b/.exec(header) ?? [];
  if (time === undefined || random === undefined || spanId === undefined || sampled === undefined) return undefined;
  return { traceId: time + random, spanId, traceFlags: sampled === '1' ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}

export function writeXrayHeader({ traceId, spanId, traceFlags }: SpanContext): string {
  return `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=${traceFlags & TraceFlags.SAMPLED}`;
}
