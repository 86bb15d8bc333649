/** What a component sees of something that is followed. */
import type { ConnectionState } from 'job-tickets-client';

/**
 * `idle`: it has to skip. `loading`: nothing is known yet. `live`: `data` is kept up to date. `ended`: the job is final, and
 * nothing more is requested. `error`: given up; `data` is the last known.
 */
export type ViewStatus = 'idle' | 'loading' | 'live' | 'ended' | 'error';

export interface View<Data> {
  readonly data: Data | undefined;
  /** Usually a `JobTicketsError`. Temporary errors appear not here but in `connection`. */
  readonly error: Error | undefined;
  readonly status: ViewStatus;
  /** `idle` once it has ended. */
  readonly connection: ConnectionState;
}

/** The arguments of `useSyncExternalStore`. */
export interface Viewed<Data> {
  subscribe(listener: () => void): () => void;
  view(): View<Data>;
  /** As the server rendered it. */
  firstView(): View<Data>;
}

/** In place of what to follow: nothing, for now. */
export const skipToken = Symbol.for('job-tickets.skip');
export type SkipToken = typeof skipToken;

const idleView: View<never> = { data: undefined, error: undefined, status: 'idle', connection: 'idle' };

export const idle: Viewed<never> = { subscribe: () => () => undefined, view: () => idleView, firstView: () => idleView };

/** The view of known data before anything is requested; `isLast`: nothing has to be. */
export function firstViewOf<Data>(data: Data | undefined, isLast: (data: Data) => boolean): View<Data> {
  if (data === undefined) return { data, error: undefined, status: 'loading', connection: 'connecting' };
  return isLast(data)
    ? { data, error: undefined, status: 'ended', connection: 'idle' }
    : { data, error: undefined, status: 'live', connection: 'connecting' };
}
