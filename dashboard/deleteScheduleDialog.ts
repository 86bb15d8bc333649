/** Asks before a schedule is deleted, which cannot be undone. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { ActionNote } from './actionNote.ts';
import { Modal } from './modal.ts';
import type { OperatedSchedule } from './operateDocuments.ts';
import type { Operations } from './operations.ts';
import { useAction } from './useAction.ts';

export interface DeleteScheduleDialogProps {
  readonly schedule: Pick<OperatedSchedule, 'scheduleId' | 'name'>;
  readonly operations: Pick<Operations, 'change'>;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function DeleteScheduleDialog({ schedule, operations, onDone, onClose }: DeleteScheduleDialogProps): ComponentChildren {
  const { scheduleId, name } = schedule;
  const action = useAction();
  const onDelete = async (): Promise<void> => {
    if (!(await action.run(() => operations.change('deleteSchedule', { scheduleId }), ''))) return;
    onDone();
    onClose();
  };
  return html`<${Modal} title=${`Delete ${name}`} onClose=${onClose}>
    <p>No time of it comes any more. The jobs that it made stay.</p>
    <${ActionNote} action=${action} />
    <div class="row dialog-end">
      <span class="spacer"></span>
      <button type="button" onClick=${onClose}>Keep it</button>
      <button type="button" class="primary" disabled=${action.isBusy} onClick=${() => void onDelete()}>Delete the schedule</button>
    </div>
  <//>`;
}
