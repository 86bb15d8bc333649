/** A value that tells when it changed; components draw it anew at most once a frame. */
import { useEffect, useState } from 'preact/hooks';

export interface Store<Value extends object> {
  readonly get: () => Value;
  readonly set: (changes: Partial<Value>) => void;
  /** Answers the function that ends it. */
  readonly listen: (listener: () => void) => () => void;
}

export function createStore<Value extends object>(initial: Value): Store<Value> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(changes) {
      value = { ...value, ...changes };
      for (const listener of listeners) listener();
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

export function useStore<Value extends object>({ get, listen }: Store<Value>): Value {
  const [, redraw] = useState(0);
  useEffect(() => {
    let frame = 0;
    const onFrame = (): void => {
      frame = 0;
      redraw((count) => count + 1);
    };
    const stop = listen(() => {
      if (frame === 0) frame = requestAnimationFrame(onFrame);
    });
    // It may have changed between the first drawing and this.
    redraw((count) => count + 1);
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [get, listen]);
  return get();
}

/** The time, anew every so often. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
