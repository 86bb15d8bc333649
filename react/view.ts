/** What a component sees of something that is followed. */
import type { ConnectionState } from 'job-tickets-client';

/**
 * `idle`: told to skip. `loading`: nothing is known yet. `live`: `data` follows what happens. `ended`: the job is final, and nothing more is
 * asked. `error`: given up; `data` is what was known last.
 */
export type ViewStatus = 'idle' | 'loading' | 'live' | 'ended' | 'error';

export interface View<Data> {
  readonly data: Data | undefined;
  /** A `JobTicketsError`, as a rule. What passes by itself is not told here but by `connection`. */
  readonly error: Error | undefined;
  readonly status: ViewStatus;
  /** `idle` once it has ended. */
  readonly connection: ConnectionState;
}

/** What `useSyncExternalStore` takes. */
export interface Viewed<Data> {
  subscribe(listener: () => void): () => void;
  view(): View<Data>;
  /** As the server drew it. */
  firstView(): View<Data>;
}

/** In place of what to follow: do not, yet. */
export const skipToken = Symbol.for('job-tickets.skip');
export type SkipToken = typeof skipToken;

const idleView: View<never> = { data: undefined, error: undefined, status: 'idle', connection: 'idle' };

export const idle: Viewed<never> = { subscribe: () => () => undefined, view: () => idleView, firstView: () => idleView };

/** Of what is known before anything is asked; `isLast`: nothing needs to be. */
export function firstViewOf<Data>(data: Data | undefined, isLast: (data: Data) => boolean): View<Data> {
  if (data === undefined) return { data, error: undefined, status: 'loading', connection: 'connecting' };
  return isLast(data)
    ? { data, error: undefined, status: 'ended', connection: 'idle' }
    : { data, error: undefined, status: 'live', connection: 'connecting' };
}
