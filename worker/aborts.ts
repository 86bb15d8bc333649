/** Why a handler was told to stop: one class each, so that nobody has to guess from a message. */

export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

export class CancelRequested extends Error {
  override readonly name = 'CancelRequested';
}

export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
}

export class ShuttingDown extends Error {
  override readonly name = 'ShuttingDown';
}
