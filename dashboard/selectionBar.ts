/** The actions on the selected rows, all at once. */
import type { Signal } from '@preact/signals-core';
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { isFinal } from '../client/job.ts';
import type { Actions } from './actions.ts';
import type { ListedJob } from './documents.ts';
import { nothingSelected, type Selection } from './selection.ts';
import { countOf, isRetryable } from './jobRecord.ts';

export interface SelectionBarProps {
  /** The rows of the present page. */
  readonly jobs: readonly ListedJob[];
  readonly selected: Signal<Selection>;
  readonly stuckAfterMs: number;
  readonly actions: Pick<Actions, 'applyToAll'>;
}

export function SelectionBar({ jobs, selected, stuckAfterMs, actions }: SelectionBarProps): ComponentChildren {
  const [outcome, setOutcome] = useState('');
  const [isBusy, setBusy] = useState(false);
  const chosen = jobs.filter(({ jobId }) => selected.value.jobIds.has(jobId));
  if (chosen.length === 0 && outcome === '') return null;

  async function apply(action: 'retry' | 'cancel', targets: readonly ListedJob[]): Promise<void> {
    setBusy(true);
    try {
      const { done, refused } = await actions.applyToAll(
        action,
        targets.map(({ jobId }) => jobId),
        (so) => setOutcome(`${so} of ${targets.length} …`),
      );
      const rest = refused === 0 ? '' : ` ${countOf(refused)} had moved on.`;
      setOutcome(`${countOf(done)} ${action === 'retry' ? 'retried' : 'cancelled'}.${rest}`);
      selected.value = nothingSelected;
    } catch (error) {
      setOutcome(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  }

  const retryable = chosen.filter((job) => isRetryable(job, { now: Date.now(), stuckAfterMs }));
  const cancellable = chosen.filter(({ status }) => !isFinal(status));
  const clear = (): void => {
    selected.value = nothingSelected;
    setOutcome('');
  };
  return html`<div class="selection" role="group" aria-label="Selected jobs">
    <span role="status">${outcome !== '' && (isBusy || chosen.length === 0) ? outcome : `${chosen.length} selected`}</span>
    <span class="spacer"></span>
    ${
      retryable.length > 0 &&
      html`<button type="button" disabled=${isBusy} onClick=${() => void apply('retry', retryable)}>Retry ${retryable.length}</button>`
    }
    ${
      cancellable.length > 0 &&
      html`<button type="button" disabled=${isBusy} onClick=${() => void apply('cancel', cancellable)}>
        Cancel ${cancellable.length}
      </button>`
    }
    <button type="button" class="quiet" disabled=${isBusy} onClick=${clear}>${chosen.length > 0 ? 'Clear' : 'Dismiss'}</button>
  </div>`;
}
