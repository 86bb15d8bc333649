/** For a job that waits for others of its kind: the jobs that hold the slots it waits for. For operators. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useCallback } from 'preact/hooks';
import type { FullJob } from './documents.ts';
import type { Operations } from './operations.ts';
import type { SlotUse, Viewer } from './panelDocuments.ts';
import { SlotUseView } from './slotUseView.ts';
import { useNow } from './useNow.ts';
import { usePolled } from './usePolled.ts';

export interface JobSlotsProps {
  readonly job: Pick<FullJob, 'type' | 'status' | 'waitingReason' | 'concurrencyKey'>;
  readonly operations: Pick<Operations, 'slotHolders'>;
  readonly viewer: Viewer | undefined;
}

export function JobSlots({ job, operations, viewer }: JobSlotsProps): ComponentChildren {
  if (job.status !== 'PENDING' || job.waitingReason !== 'CONCURRENCY' || viewer === undefined) return null;
  if (!viewer.mayOperate) return html`<p class="muted">Who holds the slots is told to tokens with the scope <code>admin</code>.</p>`;
  return html`<${Holders} job=${job} operations=${operations} />`;
}

interface Both {
  readonly ofKey: SlotUse | undefined;
  readonly ofType: SlotUse | undefined;
}

function Holders({ job: { type, concurrencyKey }, operations }: Omit<JobSlotsProps, 'viewer'>): ComponentChildren {
  const now = useNow(1000);
  const read = useCallback(async (): Promise<Both> => {
    const [ofKey, ofType] = await Promise.all([
      operations.slotHolders(type, concurrencyKey ?? ''),
      operations.slotHolders(type, undefined),
    ]);
    return { ofKey, ofType };
  }, [operations, type, concurrencyKey]);
  const { value, problem } = usePolled(read);
  return html`<section class="slots" aria-labelledby="slots-title">
    <h3 id="slots-title">Who holds the slots</h3>
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    ${
      value?.ofKey !== undefined &&
      html`<p class="muted">${concurrencyKey === null ? 'Jobs without a key' : html`Key <code>${concurrencyKey}</code>`}</p>
        <${SlotUseView} use=${value.ofKey} now=${now} />`
    }
    ${
      value?.ofType !== undefined &&
      html`<p class="muted">All of <code>${type}</code></p>
        <${SlotUseView} use=${value.ofType} now=${now} />`
    }
    ${value?.ofKey === undefined && value?.ofType === undefined && value !== undefined && html`<p class="muted">No limit holds it any more.</p>`}
  </section>`;
}
