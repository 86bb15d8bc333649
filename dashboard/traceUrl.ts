/** The address for viewing a trace, from the setting TRACE_URL_TEMPLATE; `undefined` where it is not set. */
export function traceUrlOf(template: string, traceId: string): string | undefined {
  return template === '' ? undefined : template.replaceAll('{traceId}', encodeURIComponent(traceId));
}
