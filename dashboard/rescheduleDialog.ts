/** When a waiting job should begin: at a time, or at once. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ActionNote } from './actionNote.ts';
import type { FullJob } from './documents.ts';
import { shortId } from './jobRecord.ts';
import { inputOfTime, timeOfInput } from './localTime.ts';
import { Modal } from './modal.ts';
import type { Operations } from './operations.ts';
import { useAction } from './useAction.ts';

export interface RescheduleDialogProps {
  readonly job: Pick<FullJob, 'jobId' | 'type' | 'runAt' | 'waitingUntil'>;
  readonly operations: Pick<Operations, 'reschedule'>;
  readonly onMoved: () => void;
  readonly onClose: () => void;
}

export function RescheduleDialog({ job, operations, onMoved, onClose }: RescheduleDialogProps): ComponentChildren {
  const { jobId, type, runAt, waitingUntil } = job;
  const [start, setStart] = useState(() => inputOfTime(runAt ?? waitingUntil ?? new Date().toISOString()));
  const action = useAction();
  const move = async (at: string): Promise<void> => {
    if (!(await action.run(() => operations.reschedule(jobId, at), ''))) return;
    onMoved();
    onClose();
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const at = timeOfInput(start);
    if (at !== undefined) void move(at);
  };
  const onInput = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => setStart(currentTarget.value);
  return html`<${Modal} title="Reschedule job" onClose=${onClose}>
    <form onSubmit=${onSubmit}>
      <p class="muted">${`When ${type} ${shortId(jobId)} may begin, up to a year ahead.`}</p>
      <div class="field">
        <label for="reschedule-at">Start, in your time zone</label>
        <input id="reschedule-at" type="datetime-local" required value=${start} onInput=${onInput} />
      </div>
      <${ActionNote} action=${action} />
      <div class="row dialog-end">
        <button type="button" disabled=${action.isBusy} onClick=${() => void move(new Date().toISOString())}>Start now</button>
        <span class="spacer"></span>
        <button type="button" onClick=${onClose}>Close</button>
        <button type="submit" class="primary" disabled=${action.isBusy}>Reschedule</button>
      </div>
    </form>
  <//>`;
}
