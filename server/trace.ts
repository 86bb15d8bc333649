/** Which trace a request belongs to: its caller's, by W3C Trace Context, or a new one. */
import { randomBytes } from 'node:crypto';

const traceparentPattern = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-.*)?$/;

/** 32 hexadecimal digits. A `traceparent` that is not valid is as good as none. */
export function traceIdOf(traceparent: unknown): string {
  const given = typeof traceparent === 'string' ? traceparentPattern.exec(traceparent)?.[1] : undefined;
  return given ?? randomBytes(16).toString('hex');
}

/** Response headers that let a client name its request to us. */
export function traceHeaders(traceId: string): { readonly 'x-trace-id': string; readonly traceparent: string } {
  return { 'x-trace-id': traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` };
}
