/** Why a handler was told to stop: one class each, so that nobody has to guess from a message. */

export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

export class CancelRequested extends Error {
  override readonly name = 'CancelRequested';
}

/** Somebody else holds the job, or nobody does any more. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
}

/** The lease ended although this worker did all it could: the table took no renewal. */
export class CutOff extends Error {
  override readonly name = 'CutOff';
}

/** The lease ended because the event loop did not turn, so that nothing could be renewed: handlers must not do that. */
export class Starved extends Error {
  override readonly name = 'Starved';
}

export class ShuttingDown extends Error {
  override readonly name = 'ShuttingDown';
}

export interface Following extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * A signal that fires with the first of others, until it is let go: then nothing of it stays on those, which may live as
 * long as the process. (`AbortSignal.any` stays on them.)
 */
export function follow(...signals: readonly AbortSignal[]): Following {
  const controller = new AbortController();
  const letGo = new DisposableStack();
  for (const signal of signals) {
    if (signal.aborted) {
      controller.abort(signal.reason);
      break;
    }
    const onAbort = (): void => controller.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    letGo.defer(() => signal.removeEventListener('abort', onAbort));
  }
  return { signal: controller.signal, [Symbol.dispose]: () => letGo.dispose() };
}
