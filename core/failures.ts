/** The failure codes of attempts and jobs, as `JobFailure.code` gives them, each with its meaning. */

export const failureCatalogue = {
  ATTEMPT_FAILED: 'The handler threw; another attempt may succeed.',
  TIMEOUT: 'The attempt ran longer than its type allows.',
  PERMANENT: 'The handler says that no further attempt can succeed.',
  QUEUE_UNAVAILABLE: 'The job could not be queued; `retryJob` queues it.',
  WORKERS_LOST: 'Its worker was lost in the middle of an attempt, killed or cut off, as often as a job may lose one.',
  DEPENDENCY_FAILED: 'A job that it needs failed, or was cancelled; `retryJob` of that one revives it.',
  RECEIVES_EXHAUSTED: 'Of jobs that an earlier version ended: its message was received as often as it may be.',
  ATTEMPTS_EXHAUSTED: 'Of jobs that an earlier version ended: workers ended in the middle of each of its attempts.',
  MESSAGE_LOST: 'Of jobs that an earlier version ended: its message was lost again and again.',
  UNKNOWN_JOB_TYPE: 'Of jobs that an earlier version ended: the worker that had it knew no such type.',
  OTHER: 'A code that this server does not know, of a newer or older version; `message` says more.',
} as const satisfies Record<string, string>;

export type JobFailureCode = keyof typeof failureCatalogue;

/** A code as it was recorded by any version of this program: an unknown one becomes `OTHER`. */
export function failureCodeOf(recorded: string): JobFailureCode {
  return isKnown(recorded) ? recorded : 'OTHER';
}

function isKnown(recorded: string): recorded is JobFailureCode {
  return Object.hasOwn(failureCatalogue, recorded);
}
