/** The caller's open bulk operations, wherever they were started, each with a button that aborts it. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useCallback } from 'preact/hooks';
import { ActionNote } from './actionNote.ts';
import type { Bulk } from './bulk.ts';
import { BulkProgress } from './bulkDialog.ts';
import { progressText } from './bulkPlan.ts';
import { useAction } from './useAction.ts';
import { usePolled } from './usePolled.ts';

export function BulkStrip({ bulk }: { readonly bulk: Pick<Bulk, 'running' | 'abort'> }): ComponentChildren {
  const read = useCallback(() => bulk.running(), [bulk]);
  const { value: running = [], refresh } = usePolled(read);
  const action = useAction();
  const abort = (operationId: string): void =>
    void action.run(() => bulk.abort(operationId), 'It ends with the page in hand.').then(() => refresh());
  if (running.length === 0) return null;
  return html`<div class="bulk-strip" role="group" aria-label="Bulk operations under way">
    ${running.map(
      (operation) =>
        html`<div key=${operation.operationId} class="row">
          <span>${progressText(operation, operation.matched)}</span>
          <${BulkProgress} operation=${operation} total=${operation.matched} />
          <span class="spacer"></span>
          <button type="button" class="small" onClick=${() => abort(operation.operationId)}>Abort</button>
        </div>`,
    )}
    <${ActionNote} action=${action} />
  </div>`;
}
