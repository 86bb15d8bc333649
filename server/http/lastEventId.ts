/** The header `Last-Event-ID` of a client that reconnects: the last event it saw, and of which job or workflow. */

export interface LastEvent {
  /** The job’s id, or the workflow’s; `undefined`: of whatever it watches. */
  readonly jobId: string | undefined;
  /** Undefined for a position that is not a number, as in workflows. */
  readonly version: number | undefined;
  readonly position: string;
}

/** The server's ids are `<jobId>:<version>`; a version alone is accepted too. Any other text is ignored. */
export function parseLastEventId(header: string | undefined): LastEvent | undefined {
  const [, jobId, position] = /^(?:([\w-]{1,64}):)?([\w-]{1,4096})$/.exec(header?.trim() ?? '') ?? [];
  if (position === undefined) return undefined;
  const version = /^\d{1,10}$/.test(position) ? Number(position) : undefined;
  return jobId === undefined && version === undefined ? undefined : { jobId, version, position };
}
