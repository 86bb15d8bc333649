/** Pausing a type or a queue: why, and until when. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ActionNote } from './actionNote.ts';
import { inputOfTime, timeOfInput } from './localTime.ts';
import { Modal } from './modal.ts';
import { useAction } from './useAction.ts';

export interface PauseDialogProps {
  /** What is paused, as a person would say it. */
  readonly what: string;
  /** Of an existing pause. */
  readonly reason: string | null;
  readonly until: string | null;
  readonly pause: (input: { readonly reason?: string; readonly until?: string }) => Promise<void>;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function PauseDialog({ what, reason: before, until: end, pause, onDone, onClose }: PauseDialogProps): ComponentChildren {
  const [reason, setReason] = useState(before ?? '');
  const [until, setUntil] = useState(inputOfTime(end));
  const action = useAction();
  const send = async (): Promise<void> => {
    const at = timeOfInput(until);
    const input = { ...(reason.trim() === '' ? {} : { reason: reason.trim() }), ...(at === undefined ? {} : { until: at }) };
    if (!(await action.run(() => pause(input), ''))) return;
    onDone();
    onClose();
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void send();
  };
  return html`<${Modal} title=${`Pause ${what}`} onClose=${onClose}>
    <form onSubmit=${onSubmit}>
      <p class="muted">Jobs can still be handed in, and those that run end. Within five seconds none starts any more.</p>
      <div class="field">
        <label for="pause-reason">Reason, for people</label>
        <input
          id="pause-reason"
          type="text"
          maxLength=${500}
          value=${reason}
          onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => setReason(currentTarget.value)}
        />
      </div>
      <div class="field">
        <label for="pause-until">Until</label>
        <input
          id="pause-until"
          type="datetime-local"
          value=${until}
          aria-describedby="pause-until-hint"
          onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => setUntil(currentTarget.value)}
        />
        <p id="pause-until-hint" class="muted">In your time zone; left empty: until somebody resumes it.</p>
      </div>
      <${ActionNote} action=${action} />
      <div class="row dialog-end">
        <span class="spacer"></span>
        <button type="button" onClick=${onClose}>Close</button>
        <button type="submit" class="primary" disabled=${action.isBusy}>
          ${before === null && end === null ? 'Pause' : 'Change the pause'}
        </button>
      </div>
    </form>
  <//>`;
}
