/** The header `Last-Event-ID` of a client that comes back: which event of which job, or workflow, it saw last. */

export interface LastEvent {
  /** Or the workflow’s; `undefined`: of whichever it watches. */
  readonly jobId: string | undefined;
  /** Undefined for a position that is no number, as those in workflows. */
  readonly version: number | undefined;
  readonly position: string;
}

/** Ours are `<jobId>:<version>`; a version alone is understood too. What is neither says nothing. */
export function parseLastEventId(header: string | undefined): LastEvent | undefined {
  const [, jobId, position] = /^(?:([\w-]{1,64}):)?([\w-]{1,4096})$/.exec(header?.trim() ?? '') ?? [];
  if (position === undefined) return undefined;
  const version = /^\d{1,10}$/.test(position) ? Number(position) : undefined;
  return jobId === undefined && version === undefined ? undefined : { jobId, version, position };
}
