/** The actions on the opened job, and their results. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isFinal } from '../client/job.ts';
import { ActionNote } from './actionNote.ts';
import type { Actions } from './actions.ts';
import type { FullJob } from './documents.ts';
import { formatDuration } from './durations.ts';
import { isRetryable } from './jobRecord.ts';
import type { Operations } from './operations.ts';
import { RescheduleDialog } from './rescheduleDialog.ts';
import { useAction } from './useAction.ts';
import { useNow } from './useNow.ts';

export interface PanelActionsProps {
  readonly job: FullJob;
  readonly stuckAfterMs: number;
  readonly actions: Pick<Actions, 'retry' | 'cancel'>;
  readonly operations: Pick<Operations, 'reschedule'>;
  /** Reads the job again: no event says that its start was changed. */
  readonly onChanged: () => void;
  readonly onReplay: (job: FullJob) => void;
}

export function PanelActions({ job, stuckAfterMs, actions, operations, onChanged, onReplay }: PanelActionsProps): ComponentChildren {
  const { jobId, status, version } = job;
  const now = useNow(1000);
  const action = useAction();
  const [asked, setAsked] = useState<'cancel' | undefined>();
  const [isRescheduling, setRescheduling] = useState(false);
  const { clear } = action;
  const latest = useRef(version);
  latest.current = version;
  // The page itself now shows the result.
  useEffect(() => {
    setAsked(undefined);
    clear();
  }, [version]);

  const isOpen = !isFinal(status);
  const hint = isOpen
    ? `Nothing changed for ${formatDuration(now - Date.parse(job.updatedAt))}; if a worker still holds it, the server says so`
    : 'The same job starts again';
  const act = async (work: () => Promise<void>, told: string): Promise<boolean> => {
    const isDone = await action.run(work, told);
    // The change may be known before the answer.
    const isShown = latest.current !== version;
    if (isDone && isShown) clear();
    return isDone && !isShown;
  };
  const onRetry = (): void => void act(() => actions.retry(jobId), 'It starts again.');
  const onCancel = (): void => {
    const told = status === 'PENDING' ? 'Cancelled.' : 'Asked to stop: it ends within a heartbeat of its worker.';
    void act(() => actions.cancel(jobId), told).then((isAsked) => setAsked(isAsked ? 'cancel' : undefined));
  };
  return html`<div class="panel-actions">
    <div class="row">
      ${
        isRetryable(job, { now, stuckAfterMs }) &&
        html`<button type="button" class="primary" title=${hint} disabled=${action.isBusy} onClick=${onRetry}>
          ${isOpen ? 'Retry stuck job' : 'Retry'}
        </button>`
      }
      ${
        isOpen &&
        html`<button type="button" disabled=${action.isBusy || asked === 'cancel'} onClick=${onCancel}>
          ${asked === 'cancel' ? 'Cancelling …' : 'Cancel job'}
        </button>`
      }
      ${status === 'PENDING' && html`<button type="button" onClick=${() => setRescheduling(true)}>Reschedule …</button>`}
      <button type="button" title="A new job, with these params to start from" onClick=${() => onReplay(job)}>Replay …</button>
    </div>
    <${ActionNote} action=${action} />
    ${
      isRescheduling &&
      html`<${RescheduleDialog} job=${job} operations=${operations} onClose=${() => setRescheduling(false)} onMoved=${onChanged} />`
    }
  </div>`;
}
