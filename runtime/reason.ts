/** Why something does not answer, as a text for people. */

/** The innermost message says what is wrong: a refused connection, a missing table, a full disk. */
export function reasonOf(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  return reason instanceof Error ? reason.message || reason.name : String(reason);
}
