/** Ends a handler's run where the handler waits for something that is not there yet. */

const suspended = Symbol.for('job-tickets.Suspended');

/**
 * Thrown by `context.sleep` and similar calls: the job's slot is given back, and its handler runs again from its start when the
 * wait is over.
 */
export class Suspended extends Error {
  override readonly name = 'Suspended';
  readonly [suspended] = true;

  constructor() {
    super('The run ends here: its job waits, and its handler runs again when that is over. Let this error pass.');
  }
}

/** For a `catch` that cleans up: this error is not a failure, and must be thrown on. */
export function isSuspension(error: unknown): boolean {
  // Also recognises errors of another copy of this package, which a team's handlers may have installed.
  return typeof error === 'object' && error !== null && suspended in error;
}
