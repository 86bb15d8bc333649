/** What the API does not push, read again every so often while somebody looks. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { messageOf } from './messageOf.ts';

export interface Polled<Value> {
  /** Undefined before the first answer. */
  readonly value: Value | undefined;
  readonly problem: string | undefined;
  /** Reads it at once, as after a change. */
  readonly refresh: () => Promise<void>;
}

export const pollEveryMs = 5000;

/** `read` is kept by whoever asks (`useCallback`): another one is another thing to read. Undefined: nothing is. `everyMs` 0: once. */
export function usePolled<Value>(read: (() => Promise<Value>) | undefined, everyMs = pollEveryMs): Polled<Value> {
  const [state, setState] = useState<{ readonly value: Value | undefined; readonly problem: string | undefined }>(nothing);
  const asked = useRef(0);

  /** An answer that is overtaken by a later question counts no more. */
  const refresh = useCallback(async (): Promise<void> => {
    if (read === undefined) return;
    asked.current += 1;
    const mine = asked.current;
    try {
      const value = await read();
      if (mine === asked.current) setState({ value, problem: undefined });
    } catch (error) {
      if (mine === asked.current) setState(({ value }) => ({ value, problem: messageOf(error) }));
    }
  }, [read]);

  useEffect(() => {
    const again = (): void => {
      if (!document.hidden) void refresh();
    };
    void refresh();
    const timer = everyMs === 0 ? undefined : setInterval(again, everyMs);
    document.addEventListener('visibilitychange', again);
    return () => {
      asked.current += 1;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', again);
    };
  }, [refresh, everyMs]);

  return { ...state, refresh };
}

const nothing = { value: undefined, problem: undefined };
