/** Retrying all jobs that failed for good: counted, confirmed, done one after the other. */
import { h, type ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Actions } from './actions.ts';
import { useModal } from './createDialog.ts';

export interface BulkRetryDialogProps {
  /** Of this type; of all where there is none. */
  readonly type: string | undefined;
  readonly actions: Pick<Actions, 'failedJobs' | 'retryAll'>;
  readonly onClose: () => void;
}

type Step =
  | { readonly at: 'counting' }
  | { readonly at: 'asking'; readonly jobIds: readonly string[] }
  | { readonly at: 'retrying'; readonly done: number; readonly total: number }
  | { readonly at: 'ended'; readonly text: string };

export function BulkRetryDialog({ type, actions, onClose }: BulkRetryDialogProps): ComponentChildren {
  const dialog = useModal();
  const [step, setStep] = useState<Step>({ at: 'counting' });

  useEffect(() => {
    actions.failedJobs(type).then(
      (jobIds) => setStep({ at: 'asking', jobIds }),
      (error: unknown) => setStep({ at: 'ended', text: messageOf(error) }),
    );
  }, [actions, type]);

  async function retryAll(jobIds: readonly string[]): Promise<void> {
    const total = jobIds.length;
    setStep({ at: 'retrying', done: 0, total });
    try {
      const { retried, refused } = await actions.retryAll(jobIds, (done) => setStep({ at: 'retrying', done, total }));
      const rest = refused === 0 ? '' : ` ${count(refused)} could not be retried any more.`;
      setStep({ at: 'ended', text: `${count(retried)} began anew.${rest}` });
    } catch (error) {
      setStep({ at: 'ended', text: messageOf(error) });
    }
  }

  const hasSome = step.at === 'asking' && step.jobIds.length > 0;
  return h(
    'dialog',
    { ref: dialog, class: 'card', 'aria-labelledby': 'bulk-title', onClose },
    h('h2', { id: 'bulk-title' }, 'Retry all failed jobs'),
    h('p', { role: 'status' }, textOf(step, type)),
    step.at === 'retrying' ? h('progress', { max: step.total, value: step.done, 'aria-label': 'Jobs retried' }) : null,
    h(
      'div',
      { class: 'row dialog-end' },
      h('span', { class: 'spacer' }),
      h('button', { type: 'button', onClick: onClose }, hasSome ? 'Not now' : 'Close'),
      hasSome
        ? h('button', { type: 'button', class: 'primary', onClick: () => void retryAll(step.jobIds) }, `Retry ${count(step.jobIds.length)}`)
        : null,
    ),
  );
}

function textOf(step: Step, type: string | undefined): string {
  const which = type === undefined ? '' : ` of type ${type}`;
  switch (step.at) {
    case 'counting':
      return `Counting the jobs${which} that failed for good …`;
    case 'asking':
      return step.jobIds.length === 0
        ? `No job${which} has failed for good.`
        : `${count(step.jobIds.length)}${which} failed for good. Each begins anew, in a new generation.`;
    case 'retrying':
      return `${step.done} of ${step.total} …`;
    case 'ended':
      return step.text;
  }
}

function count(jobs: number): string {
  return jobs === 1 ? '1 job' : `${jobs} jobs`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
