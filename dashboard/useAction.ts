/** Something a person asked for: whether it is under way, and what came of it. */
import { useState } from 'preact/hooks';
import { messageOf } from './messageOf.ts';

export interface Action {
  readonly isBusy: boolean;
  /** What came of the last one; empty before. */
  readonly told: string;
  readonly hasFailed: boolean;
  /** One at a time. `done`: what is said once it is done. Answers whether it was. */
  readonly run: (work: () => Promise<unknown>, done: string) => Promise<boolean>;
  /** Says what was done elsewhere, in a dialog that is closed now. */
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
