/** Something that is followed once for all its subscribers, from the first one until a moment after the last has gone. */
import type { ConnectionState } from 'job-tickets-client';
import { firstViewOf, type View } from './view.ts';

export interface SourceDeps<Data> {
  /** Shows data until the signal fires; resolves when nothing more will come. */
  readonly follow: (options: {
    readonly initial: Data | undefined;
    readonly show: (data: Data) => void;
    readonly signal: AbortSignal;
  }) => Promise<void>;
  readonly initial: Data | undefined;
  /** Nothing comes after it. */
  readonly isLast: (data: Data) => boolean;
  readonly connection: {
    connectionState(): ConnectionState;
    onConnectionState(listener: (state: ConnectionState) => void): () => void;
  };
  /** There are no subscribers any more. */
  readonly onUnused: () => void;
}

export interface Source<Data> {
  subscribe(listener: () => void): () => void;
  view(): View<Data>;
  /** Begins again with data that was learned elsewhere. */
  restart(data: Data): void;
}

const over = { status: 'ended', connection: 'idle' } as const;

/** In React's StrictMode, a sorted list and a turned page, components unmount and return at once. */
const graceMs = 500;

export function createSource<Data>({ follow, initial, isLast, connection, onUnused }: SourceDeps<Data>): Source<Data> {
  let view = firstViewOf(initial, isLast);
  let stop: AbortController | undefined;
  let leaving: ReturnType<typeof setTimeout> | undefined;
  const listeners = new Set<() => void>();

  function show(changes: Partial<View<Data>>): void {
    view = { ...view, ...changes };
    for (const listener of listeners) listener();
  }

  function start(): void {
    const { signal } = (stop = new AbortController());
    const onState = (state: ConnectionState): void => {
      // Between two operations there may be no connection: for a subscriber this counts as connecting.
      if (!signal.aborted && view.status !== 'ended') show({ connection: state === 'idle' ? 'connecting' : state });
    };
    const offState = connection.onConnectionState(onState);
    const end = (changes: Partial<View<Data>>): void => {
      offState();
      if (signal.aborted) return;
      stop = undefined;
      if (view.status !== 'ended') show({ connection: 'idle', ...changes });
    };
    onState(connection.connectionState());
    const showData = (data: Data): void => {
      if (!signal.aborted) show({ data, error: undefined, ...(isLast(data) ? over : { status: 'live' }) });
    };
    follow({ initial: view.data, show: showData, signal }).then(
      () => end(over),
      (error: unknown) => end({ status: 'error', error: error instanceof Error ? error : new Error(String(error)) }),
    );
  }

  function leave(): void {
    stop?.abort();
    stop = undefined;
    onUnused();
  }

  return {
    subscribe(listener) {
      clearTimeout(leaving);
      listeners.add(listener);
      if (stop === undefined && view.status !== 'ended' && view.status !== 'error') start();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) leaving = setTimeout(leave, graceMs);
      };
    },
    view: () => view,
    restart(data) {
      stop?.abort();
      view = { ...view, data, status: 'live', error: undefined };
      start();
    },
  };
}
