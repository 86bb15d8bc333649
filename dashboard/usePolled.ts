/** Data that the API does not push, read again at an interval while the page is visible. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { messageOf } from './messageOf.ts';

export interface Polled<Value> {
  /** Undefined before the first answer. */
  readonly value: Value | undefined;
  readonly problem: string | undefined;
  /** Reads it at once, such as after a change. */
  readonly refresh: () => Promise<void>;
}

export const pollEveryMs = 5000;

/** The caller keeps `read` (`useCallback`): another function means other data. Undefined: nothing is read. `everyMs` 0: once. */
export function usePolled<Value>(read: (() => Promise<Value>) | undefined, everyMs = pollEveryMs): Polled<Value> {
  const [state, setState] = useState<{ readonly value: Value | undefined; readonly problem: string | undefined }>(nothing);
  const asked = useRef(0);

  /** An answer that comes after a later request is ignored. */
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
