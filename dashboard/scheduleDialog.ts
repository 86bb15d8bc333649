/** Creates or changes a schedule: when it has its ticks, and which job it makes. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ActionNote } from './actionNote.ts';
import type { JobTypeInfo } from './documents.ts';
import { Modal } from './modal.ts';
import type { OperatedSchedule } from './operateDocuments.ts';
import type { Operations } from './operations.ts';
import { formOf, inputOfForm, type ScheduleForm } from './scheduleForm.ts';
import { TextField } from './textField.ts';
import { useAction } from './useAction.ts';

export interface ScheduleDialogProps {
  /** The schedule to change; undefined: a new one. */
  readonly schedule: OperatedSchedule | undefined;
  readonly types: readonly JobTypeInfo[];
  readonly operations: Pick<Operations, 'change'>;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function ScheduleDialog({ schedule, types, operations, onDone, onClose }: ScheduleDialogProps): ComponentChildren {
  const isNew = schedule === undefined;
  const [form, setForm] = useState(() => formOf(schedule, types[0]));
  const action = useAction();
  const set =
    (name: keyof ScheduleForm) =>
    (value: string): void =>
      setForm({ ...form, [name]: value });
  const onType = (name: string): void => {
    const example = types.find((type) => type.name === name)?.example;
    setForm({ ...form, type: name, params: JSON.stringify(example, undefined, 2) ?? '{}' });
  };
  const send = async (): Promise<void> => {
    const input = inputOfForm(form, isNew);
    const change = (): Promise<void> => {
      if (input === undefined) throw new Error('The params are not JSON.');
      return isNew
        ? operations.change('createSchedule', input)
        : operations.change('updateSchedule', { ...input, scheduleId: schedule.scheduleId });
    };
    if (!(await action.run(async () => change(), ''))) return;
    onDone();
    onClose();
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void send();
  };
  return html`<${Modal} title=${isNew ? 'New schedule' : `Edit ${form.name}`} onClose=${onClose}>
    <form onSubmit=${onSubmit}>
      ${isNew && html`<${TextField} label="Name" value=${form.name} maxLength=${100} isRequired=${true} onInput=${set('name')} />`}
      <div class="row fields">
        <${Choice} label="When" value=${form.kind} choices=${['cron', 'interval']} onInput=${set('kind')} />
        ${
          form.kind === 'cron'
            ? html`<${TextField}
                label="Cron expression"
                value=${form.cron}
                isRequired=${true}
                onInput=${set('cron')}
                hint="0 3 * * * is three at night"
              />`
            : html`<${TextField}
                label="Every, in seconds"
                kind="number"
                value=${form.everySeconds}
                isRequired=${true}
                onInput=${set('everySeconds')}
              />`
        }
      </div>
      <${TextField} label="Time zone" value=${form.timeZone} choices=${Intl.supportedValuesOf('timeZone')} onInput=${set('timeZone')} />
      <${Choice} label="Job type" value=${form.type} choices=${types.map(({ name }) => name)} onInput=${onType} />
      <div class="field">
        <label for="schedule-params">Params, as JSON</label>
        <textarea
          id="schedule-params"
          rows=${5}
          spellcheck=${false}
          value=${form.params}
          onInput=${({ currentTarget }: { readonly currentTarget: HTMLTextAreaElement }) => set('params')(currentTarget.value)}
        />
      </div>
      <div class="row fields">
        <${Choice} label="Priority" value=${form.priority} choices=${['HIGH', 'NORMAL', 'LOW']} onInput=${set('priority')} />
        <${Choice} label="Overlap" value=${form.overlap} choices=${['SKIP', 'BUFFER_ONE', 'ALLOW_ALL']} onInput=${set('overlap')} />
        <${Choice} label="Catch up" value=${form.catchUp} choices=${['NONE', 'ONCE', 'ALL']} onInput=${set('catchUp')} />
      </div>
      <details>
        <summary>Jitter, start and end</summary>
        <div class="schedule-more">
          <${TextField} label="Later by up to, in seconds" kind="number" value=${form.jitterSeconds} onInput=${set('jitterSeconds')} />
          <${TextField} label="Not before" kind="datetime-local" value=${form.startsAt} onInput=${set('startsAt')} />
          <${TextField} label="Not after" kind="datetime-local" value=${form.endsAt} onInput=${set('endsAt')} />
        </div>
      </details>
      <${ActionNote} action=${action} />
      <div class="row dialog-end">
        <span class="spacer"></span>
        <button type="button" onClick=${onClose}>Close</button>
        <button type="submit" class="primary" disabled=${action.isBusy}>${isNew ? 'Create schedule' : 'Save'}</button>
      </div>
    </form>
  <//>`;
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly string[];
  readonly onInput: (value: string) => void;
}

function Choice({ label, value, choices, onInput }: ChoiceProps): ComponentChildren {
  const id = `schedule-${label.replaceAll(' ', '-').toLowerCase()}`;
  const all = choices.includes(value) ? choices : [value, ...choices];
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <select
      id=${id}
      value=${value}
      onChange=${({ currentTarget }: { readonly currentTarget: HTMLSelectElement }) => onInput(currentTarget.value)}
    >
      ${all.map((choice) => html`<option key=${choice} value=${choice}>${choice}</option>`)}
    </select>
  </div>`;
}
