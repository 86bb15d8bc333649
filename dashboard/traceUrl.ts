/** Where a trace is looked at, by the setting TRACE_URL_TEMPLATE; `undefined` where nobody said. */
export function traceUrlOf(template: string, traceId: string): string | undefined {
  return template === '' ? undefined : template.replaceAll('{traceId}', encodeURIComponent(traceId));
}
