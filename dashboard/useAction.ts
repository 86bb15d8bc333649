/** An action of the user: whether it is running, and its result. */
import { useState } from 'preact/hooks';
import { messageOf } from './messageOf.ts';

export interface Action {
  readonly isBusy: boolean;
  /** The result of the last one; empty before. */
  readonly told: string;
  readonly hasFailed: boolean;
  /** One at a time. `done`: the message once it is done. Returns whether it succeeded. */
  readonly run: (work: () => Promise<unknown>, done: string) => Promise<boolean>;
  /** Shows the message of an action that was done elsewhere, in a dialog that is closed now. */
  readonly tell: (done: string) => void;
  readonly clear: () => void;
}

const idle = { isBusy: false, told: '', hasFailed: false };

export function useAction(): Action {
  const [state, setState] = useState(idle);
  const run: Action['run'] = async (work, done) => {
    setState({ ...idle, isBusy: true });
    try {
      await work();
      setState({ ...idle, told: done });
      return true;
    } catch (error) {
      setState({ isBusy: false, told: messageOf(error), hasFailed: true });
      return false;
    }
  };
  return { ...state, run, tell: (told) => setState({ ...idle, told }), clear: () => setState(idle) };
}
