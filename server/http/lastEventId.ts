/** The header `Last-Event-ID` of a client that comes back: which event of which job it saw last. */

export interface LastEvent {
  /** `undefined`: of whichever job it watches. */
  readonly jobId: string | undefined;
  readonly version: number;
}

/** Ours are `<jobId>:<version>`; a version alone is understood too. What is neither says nothing. */
export function parseLastEventId(header: string | undefined): LastEvent | undefined {
  const [, jobId, version] = /^(?:([\w-]{1,64}):)?(\d{1,10})$/.exec(header?.trim() ?? '') ?? [];
  return version === undefined ? undefined : { jobId, version: Number(version) };
}
