/** What ends a handler's run where it waits for something that is not there yet. */

const suspended = Symbol.for('job-tickets.Suspended');

/** Thrown by `context.sleep` and its like: the job's slot is given back, and its handler runs anew when the wait is over. */
export class Suspended extends Error {
  override readonly name = 'Suspended';
  readonly [suspended] = true;

  constructor() {
    super('The run ends here: its job waits, and its handler runs anew when that is over. Let this error pass.');
  }
}

/** For a `catch` that cleans up: what it caught is no failure, and is to be thrown on. */
export function isSuspension(error: unknown): boolean {
  // Also where a team's handlers have a copy of this package of their own.
  return typeof error === 'object' && error !== null && suspended in error;
}
