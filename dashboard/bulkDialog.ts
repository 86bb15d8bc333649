/** Retries or cancels all jobs that are shown: counted by a dry run, confirmed, and done by the server, with its progress. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isOver, type Bulk, type BulkOperation } from './bulk.ts';
import { outcomeText, progressText, wouldText, type BulkPlan } from './bulkPlan.ts';
import { countOf } from './jobRecord.ts';
import { messageOf } from './messageOf.ts';
import { Modal } from './modal.ts';
import { wordsOf } from './narrowing.ts';

export interface BulkDialogProps {
  readonly plan: BulkPlan;
  readonly bulk: Bulk;
  readonly onClose: () => void;
}

const titles = { RETRY: 'Retry jobs', CANCEL: 'Cancel jobs' } as const;
const verbs = { RETRY: 'Retry', CANCEL: 'Cancel' } as const;
const usualPerSecond = 100;

export function BulkDialog({ plan, bulk, onClose }: BulkDialogProps): ComponentChildren {
  const [counted, setCounted] = useState<BulkOperation | undefined>();
  const [begun, setBegun] = useState<BulkOperation | undefined>();
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [perSecond, setPerSecond] = useState(usualPerSecond);
  const closing = useRef(new AbortController());
  useEffect(() => () => closing.current.abort(), []);

  const { action, filter, whose, message } = plan;
  const follow = async (dryRun: boolean, onChange: (operation: BulkOperation) => void): Promise<void> => {
    setBusy(true);
    try {
      const rate = dryRun ? {} : { maxPerSecond: perSecond };
      const operation = await bulk.create({ action, filter, ...whose, dryRun, ...rate });
      onChange(operation);
      await bulk.follow(operation, onChange, closing.current.signal);
    } catch (error) {
      if (!closing.current.signal.aborted) setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  const abort = (operationId: string): void => void bulk.abort(operationId).catch((error: unknown) => setProblem(messageOf(error)));
  useEffect(() => void follow(true, setCounted), [plan]);

  const total = counted?.matched ?? 0;
  const isAsking = counted !== undefined && isOver(counted) && begun === undefined;
  const isRunning = begun !== undefined && !isOver(begun);
  return html`<${Modal} title=${titles[action]} onClose=${onClose}>
    <ul class="chips is-plain" aria-label="Which jobs">
      ${wordsOf(filter, whose).map((word) => html`<li key=${word} class="tag">${word}</li>`)}
    </ul>
    ${message !== undefined && html`<p class="bulk-error muted">${message}</p>`}
    <p role="status">${statusText({ action, counted, begun, total })}</p>
    ${isAsking && total > 0 && action === 'RETRY' && html`<p class="muted">Each starts again, in a new generation, with all its attempts.</p>`}
    ${isAsking && total > 0 && html`<${RateField} value=${perSecond} onChange=${setPerSecond} />`}
    ${isRunning && html`<${BulkProgress} operation=${begun} total=${total} />`}
    ${isRunning && html`<p class="muted">It goes on when this page is closed.</p>`}
    ${problem !== '' && html`<p class="problem" role="alert">${problem}</p>`}
    <div class="row dialog-end">
      <span class="spacer"></span>
      ${isRunning && html`<button type="button" onClick=${() => abort(begun.operationId)}>Abort</button>`}
      <button type="button" onClick=${onClose}>${isAsking && total > 0 ? 'Not now' : 'Close'}</button>
      ${
        isAsking &&
        total > 0 &&
        html`<button type="button" class="primary" disabled=${isBusy} onClick=${() => void follow(false, setBegun)}>
          ${`${verbs[action]} ${countOf(total)}`}
        </button>`
      }
    </div>
  <//>`;
}

interface Told extends Pick<BulkPlan, 'action'> {
  readonly counted: BulkOperation | undefined;
  readonly begun: BulkOperation | undefined;
  readonly total: number;
}

function statusText({ action, counted, begun, total }: Told): string {
  if (begun !== undefined) return isOver(begun) ? outcomeText(begun) : progressText(begun, total);
  if (counted === undefined || !isOver(counted)) return `Counting${total > 0 ? `: ${countOf(total)} so far` : ''} …`;
  return wouldText(action, total);
}

interface RateFieldProps {
  readonly value: number;
  readonly onChange: (value: number) => void;
}

function RateField({ value, onChange }: RateFieldProps): ComponentChildren {
  const onInput = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    const { valueAsNumber } = currentTarget;
    if (Number.isInteger(valueAsNumber) && valueAsNumber >= 1) onChange(valueAsNumber);
  };
  return html`<div class="field is-short">
    <label for="bulk-rate">At most so many a second</label>
    <input id="bulk-rate" type="number" min="1" max="1000" step="1" value=${value} onInput=${onInput} />
  </div>`;
}

export interface BulkProgressProps {
  readonly operation: BulkOperation;
  /** As far as is known. */
  readonly total: number;
}

export function BulkProgress({ operation: { matched, done, skipped, failed }, total }: BulkProgressProps): ComponentChildren {
  const so = done + skipped + failed;
  return html`<progress max=${Math.max(total, matched, so, 1)} value=${so} aria-label="Jobs acted on" />`;
}
