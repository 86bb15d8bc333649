/** A call that a component makes when somebody clicks: what became of the last one. Named as TanStack Query names it. */
import { useCallback, useRef, useState } from 'react';

export interface CallState<Data> {
  /** Of the last call that succeeded. */
  readonly data: Data | undefined;
  /** Of the last call, if it failed: a `JobTicketsError`, as a rule. */
  readonly error: Error | undefined;
  readonly status: 'idle' | 'pending' | 'success' | 'error';
}

export interface UsedCall<Arguments extends readonly unknown[], Data> extends CallState<Data> {
  /** For handlers of events: an error is told in `error` alone. */
  mutate(...given: Arguments): void;
  /** @throws what the call throws. */
  mutateAsync(...given: Arguments): Promise<Data>;
  /** Forgets the last call; what is under way is no longer told. */
  reset(): void;
}

const idle = { data: undefined, error: undefined, status: 'idle' } as const;

/** @param call The same function at each drawing, or the functions that are given back are others each time. */
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
