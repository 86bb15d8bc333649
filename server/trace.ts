/** The trace of a request: its caller's, by W3C Trace Context, or a new one. */
import { randomHex } from '../telemetry/randomBytes.ts';
import { readTraceparent } from '../telemetry/traceHeaders.ts';

/** 32 hexadecimal digits. A `traceparent` that is not valid counts as absent. */
export function traceIdOf(traceparent: unknown): string {
  const given = typeof traceparent === 'string' ? readTraceparent(traceparent)?.traceId : undefined;
  return given ?? randomHex(16);
}

/** Response headers that let a client refer to its request. */
export function traceHeaders(traceId: string): { readonly 'x-trace-id': string; readonly traceparent: string } {
  return { 'x-trace-id': traceId, traceparent: `00-${traceId}-${randomHex(8)}-01` };
}
