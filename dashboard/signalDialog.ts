/** Sends a signal to a job: its name, and its payload. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ActionNote } from './actionNote.ts';
import { Modal } from './modal.ts';
import { namedSignals } from './shortWait.ts';
import { TextField } from './textField.ts';
import { useAction } from './useAction.ts';
import type { Workflows } from './workflows.ts';

export interface SignalDialogProps {
  readonly jobId: string;
  /** The job's name for people. */
  readonly jobName: string;
  /** The names that it waits for, as far as they are known. */
  readonly awaited: readonly string[];
  readonly workflows: Pick<Workflows, 'sendSignal'>;
  readonly onSent: (told: string) => void;
  readonly onClose: () => void;
}

/** The same limit as in the API. */
const maxNameLength = 128;

export function SignalDialog({ jobId, jobName, awaited, workflows, onSent, onClose }: SignalDialogProps): ComponentChildren {
  const [name, setName] = useState(awaited[0] ?? '');
  const [payload, setPayload] = useState('');
  const action = useAction();
  const send = async (): Promise<void> => {
    // A payload that is not JSON is reported as an error.
    const work = async (): Promise<void> => {
      const said: unknown = payload.trim() === '' ? undefined : JSON.parse(payload);
      await workflows.sendSignal(jobId, name, said);
    };
    if (!(await action.run(work, ''))) return;
    onClose();
    onSent(`The signal “${name}” was sent to ${jobName}.`);
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void send();
  };
  const onPayload = ({ currentTarget }: { readonly currentTarget: HTMLTextAreaElement }): void => setPayload(currentTarget.value);
  return html`<${Modal} title="Send a signal" onClose=${onClose}>
    <form onSubmit=${onSubmit}>
      <p class="muted">${`${toWhom(jobName, awaited)} It is sent once.`}</p>
      <${TextField} label="Signal" value=${name} isRequired=${true} maxLength=${maxNameLength} choices=${awaited} onInput=${setName} />
      <div class="field">
        <label for="signal-payload">Payload, as JSON; may be empty</label>
        <textarea id="signal-payload" rows=${5} spellcheck=${false} value=${payload} onInput=${onPayload}></textarea>
      </div>
      <${ActionNote} action=${action} />
      <div class="row dialog-end">
        <span class="spacer"></span>
        <button type="button" onClick=${onClose}>Close</button>
        <button type="submit" class="primary" disabled=${action.isBusy}>Send</button>
      </div>
    </form>
  <//>`;
}

function toWhom(jobName: string, awaited: readonly string[]): string {
  return awaited.length === 0
    ? `To ${jobName}. Its handler says by which name it waits: waitForSignal(name).`
    : `To ${jobName}, which waits for ${namedSignals(awaited)}.`;
}
