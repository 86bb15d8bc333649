/** Retrying all jobs that failed for good: counted, confirmed, done one after the other. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Actions } from './actions.ts';
import { count } from './jobRecord.ts';
import { Modal } from './modal.ts';

export interface BulkRetryDialogProps {
  /** Of this type; of all where there is none. */
  readonly type: string | undefined;
  readonly owner: string | undefined;
  readonly actions: Pick<Actions, 'failedJobs' | 'applyToAll'>;
  readonly onClose: () => void;
}

type Step =
  | { readonly at: 'counting' }
  | { readonly at: 'asking'; readonly jobIds: readonly string[] }
  | { readonly at: 'retrying'; readonly done: number; readonly total: number }
  | { readonly at: 'ended'; readonly text: string };

export function BulkRetryDialog({ type, owner, actions, onClose }: BulkRetryDialogProps): ComponentChildren {
  const [step, setStep] = useState<Step>({ at: 'counting' });

  useEffect(() => {
    actions.failedJobs({ type, owner }).then(
      (jobIds) => setStep({ at: 'asking', jobIds }),
      (error: unknown) => setStep({ at: 'ended', text: messageOf(error) }),
    );
  }, [actions, type, owner]);

  async function retryAll(jobIds: readonly string[]): Promise<void> {
    const total = jobIds.length;
    setStep({ at: 'retrying', done: 0, total });
    try {
      const { done, refused } = await actions.applyToAll('retry', jobIds, (done) => setStep({ at: 'retrying', done, total }));
      const rest = refused === 0 ? '' : ` ${count(refused)} could not be retried any more.`;
      setStep({ at: 'ended', text: `${count(done)} began anew.${rest}` });
    } catch (error) {
      setStep({ at: 'ended', text: messageOf(error) });
    }
  }

  const hasSome = step.at === 'asking' && step.jobIds.length > 0;
  return html`<${Modal} title="Retry all failed jobs" onClose=${onClose}>
    <p role="status">${textOf(step, type)}</p>
    ${step.at === 'retrying' && html`<progress max=${step.total} value=${step.done} aria-label="Jobs retried" />`}
    <div class="row dialog-end">
      <span class="spacer"></span>
      <button type="button" onClick=${onClose}>${hasSome ? 'Not now' : 'Close'}</button>
      ${
        hasSome &&
        html`<button type="button" class="primary" onClick=${() => void retryAll(step.jobIds)}>Retry ${count(step.jobIds.length)}</button>`
      }
    </div>
  <//>`;
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
