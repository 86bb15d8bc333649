/** A call that a component makes when somebody clicks, and its state. Named as in TanStack Query. */
import { useCallback, useRef, useState } from 'react';

export interface CallState<Data> {
  /** The result of the last call, if it succeeded. */
  readonly data: Data | undefined;
  /** The error of the last call, if it failed: usually a `JobTicketsError`. */
  readonly error: Error | undefined;
  readonly status: 'idle' | 'pending' | 'success' | 'error';
}

export interface UsedCall<Arguments extends readonly unknown[], Data> extends CallState<Data> {
  /** For event handlers: an error appears only in `error`. */
  mutate(...given: Arguments): void;
  /** @throws what the call throws. */
  mutateAsync(...given: Arguments): Promise<Data>;
  /** Resets the state; a call in progress no longer changes it. */
  reset(): void;
}

const idle = { data: undefined, error: undefined, status: 'idle' } as const;

/** @param call The same function at each render; otherwise the returned functions change too. */
export function useCall<Arguments extends readonly unknown[], Data>(
  call: (...given: Arguments) => Promise<Data>,
): UsedCall<Arguments, Data> {
  const [state, setState] = useState<CallState<Data>>(idle);
  const calls = useRef(0);
  const mutateAsync = useCallback(
    async (...given: Arguments): Promise<Data> => {
      calls.current += 1;
      const mine = calls.current;
      const tell = (next: CallState<Data>): void => {
        if (mine === calls.current) setState(next);
      };
      setState({ ...idle, status: 'pending' });
      try {
        const data = await call(...given);
        tell({ data, error: undefined, status: 'success' });
        return data;
      } catch (error) {
        tell({ data: undefined, error: error instanceof Error ? error : new Error(String(error)), status: 'error' });
        throw error;
      }
    },
    [call],
  );
  const mutate = useCallback((...given: Arguments): void => void mutateAsync(...given).catch(() => undefined), [mutateAsync]);
  const reset = useCallback((): void => {
    calls.current += 1;
    setState(idle);
  }, []);
  return { ...state, mutate, mutateAsync, reset };
}
