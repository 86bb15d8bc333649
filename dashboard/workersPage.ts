/** The running workers: their version, the types they know, and how busy they are. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { between, formatDuration } from './durations.ts';
import type { LiveWorker } from './operateDocuments.ts';
import type { Operations } from './operations.ts';
import { OperatorNote } from './operatorNote.ts';
import { PageHead } from './pageHead.ts';
import type { Viewer } from './panelDocuments.ts';
import { useAction } from './useAction.ts';
import { useNow } from './useNow.ts';
import { usePolled } from './usePolled.ts';

export interface WorkersPageProps {
  readonly operations: Pick<Operations, 'workers'>;
  readonly viewer: Viewer | undefined;
}

export function WorkersPage({ operations, viewer }: WorkersPageProps): ComponentChildren {
  const mayOperate = viewer?.mayOperate === true;
  const { value: workers, problem } = usePolled(mayOperate ? operations.workers : undefined);
  const action = useAction();
  const now = useNow(1000);
  const slots = workers?.reduce((sum, worker) => sum + worker.slots, 0) ?? 0;
  const running = workers?.reduce((sum, worker) => sum + worker.running, 0) ?? 0;
  return html`
    <${PageHead} title="Workers" problem=${problem} action=${action} isLoading=${mayOperate && workers === undefined}>
      ${workers !== undefined && html`<span class="muted">${`${workers.length} ${workers.length === 1 ? 'worker' : 'workers'}, ${running} of ${slots} slots busy`}</span>`}
    <//>
    <${OperatorNote} viewer=${viewer} what="To see the workers" />
    ${
      workers?.length === 0 &&
      html`<p class="operate-empty card">
        No worker runs: jobs wait. One shows here within seconds of its start, and is gone a minute after it dies.
      </p>`
    }
    ${workers !== undefined && workers.length > 0 && html`<${Table} workers=${workers} now=${now} />`}
  `;
}

function Table({ workers, now }: { readonly workers: readonly LiveWorker[]; readonly now: number }): ComponentChildren {
  return html`<div class="card table-scroll" tabindex=${0} role="region" aria-label="Table of workers">
    <table class="operate-table">
      <thead>
        <tr>
          ${['Worker', 'Busy', 'Version', 'Types', 'Up'].map((name) => html`<th key=${name} scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${workers.map(
          ({ id, version, types, slots, running, since }) =>
            html`<tr key=${id} data-worker=${id}>
              <th scope="row"><code>${id}</code></th>
              <td data-name="Busy">
                <span class="progress">
                  <progress max=${slots} value=${running} aria-label="Slots that are busy" />
                  <span>${`${running} of ${slots}`}</span>
                </span>
              </td>
              <td data-name="Version">${version ?? '–'}</td>
              <td data-name="Types" class="worker-types">
                ${types.map((type) => html`<span key=${type} class="tag">${type}</span>${' '}`)}
              </td>
              <td data-name="Up" title=${new Date(since).toLocaleString()}>${formatDuration(between(since, now) ?? 0)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
