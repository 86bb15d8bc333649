/** Every error a client may meet: its code, what it says, and what to do about it. docs/errors.md is held against this. */

export const errorCatalogue = {
  BAD_USER_INPUT: { message: 'The input is not valid.', whatToDo: 'Correct the field that `extensions.path` names and send it again.' },
  UNKNOWN_JOB_TYPE: { message: 'There is no job type of that name.', whatToDo: 'Ask the query `jobTypes` for the names there are.' },
  IDEMPOTENCY_KEY_REUSED: {
    message: 'This idempotency key was used with another payload.',
    whatToDo: 'Use a new key for a new job; send the same type, params, priority and delay to get the first job again.',
  },
  JOB_NOT_FOUND: { message: 'There is no such job.', whatToDo: 'Check the jobId; jobs are deleted JOB_TTL_DAYS after their last change.' },
  JOB_NOT_RETRYABLE: {
    message: 'The job is not in a state that can be retried.',
    whatToDo: 'Retry a job that is FAILED, FAILED_FINAL, CANCELLED or stuck; this one still runs or has succeeded.',
  },
  JOB_NOT_CANCELLABLE: { message: 'The job has already ended.', whatToDo: 'Nothing: read the job to see how it ended.' },
  QUEUE_UNAVAILABLE: {
    message: 'The job was recorded but could not be queued.',
    whatToDo: 'Call `retryJob` with `extensions.jobId`.',
  },
  TABLE_UNAVAILABLE: {
    message: 'The job table does not answer.',
    whatToDo: 'Send the request again with the same idempotency key; nothing is done twice.',
  },
  FEED_INTERRUPTED: {
    message: 'The feed was interrupted and may have lost events.',
    whatToDo: 'List your jobs to see their present state, then subscribe again.',
  },
  UNAUTHENTICATED: { message: 'A valid token is needed.', whatToDo: 'Get a new token and send it as `Authorization: Bearer …`.' },
  RATE_LIMITED: { message: 'Too many requests.', whatToDo: 'Wait `extensions.retryAfterSeconds`, then send it again.' },
  SHUTTING_DOWN: { message: 'This server is shutting down.', whatToDo: 'Connect again; another server answers.' },
} as const satisfies Record<string, { readonly message: string; readonly whatToDo: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

export interface ErrorDetails {
  /** Replaces the catalogue's sentence by a more exact one. */
  readonly message?: string | undefined;
  /** Where in the input, e.g. `['params', 'rows', 3]`. */
  readonly path?: readonly (string | number)[] | undefined;
  readonly jobId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** An expected error: shown to the client with its code. Anything else that is thrown is masked. */
export class JobError extends Error {
  override readonly name = 'JobError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(details.message ?? errorCatalogue[code].message, options);
    this.code = code;
    this.details = details;
  }
}

/** Thrown by a handler when trying again cannot help: the job ends FAILED_FINAL at once. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
}
