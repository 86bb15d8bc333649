/** What the page knows of the server that it came from. */

export interface Site {
  readonly wantsToken: boolean;
  readonly hasGraphiQL: boolean;
  /** A job that has not changed for so long may be retried, though it has not ended. */
  readonly stuckAfterMs: number;
  /** The address for viewing a trace, with `{traceId}` in it; empty where there is none. */
  readonly traceUrlTemplate: string;
}

/** As the server wrote it into the page's root element. */
export function readSite({ wantsToken, hasGraphiql, stuckAfterSeconds, traceUrl = '' }: DOMStringMap): Site {
  return {
    wantsToken: wantsToken === 'true',
    hasGraphiQL: hasGraphiql === 'true',
    stuckAfterMs: Number(stuckAfterSeconds) * 1000,
    traceUrlTemplate: traceUrl,
  };
}
