/** What the page is told of the server that it came from. */

export interface Site {
  readonly wantsToken: boolean;
  readonly hasGraphiQL: boolean;
  /** A job that nothing touched for so long may be retried, though it has not ended. */
  readonly stuckAfterMs: number;
  /** Where a trace is looked at, with `{traceId}` in it; empty where nobody said. */
  readonly traceUrlTemplate: string;
}

/** As the server wrote it on the page's root. */
export function readSite({ wantsToken, hasGraphiql, stuckAfterSeconds, traceUrl = '' }: DOMStringMap): Site {
  return {
    wantsToken: wantsToken === 'true',
    hasGraphiQL: hasGraphiql === 'true',
    stuckAfterMs: Number(stuckAfterSeconds) * 1000,
    traceUrlTemplate: traceUrl,
  };
}
