/** Why a handler was told to stop: one class for each reason, so that nobody has to guess from a message. */

export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

export class CancelRequested extends Error {
  override readonly name = 'CancelRequested';
}

/** Another worker holds the job, or nobody does any more. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
}

/** The lease ended although this worker did all it could: the table accepted no renewal. */
export class CutOff extends Error {
  override readonly name = 'CutOff';
}

/** The lease ended because the event loop was blocked, so nothing could be renewed. Handlers must not block it. */
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
 * A signal that fires with the first of others, until it is released. Then it leaves no listener on the others, which may live
 * as long as the process. (`AbortSignal.any` leaves one on them.)
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
