/** The limits of a type: how many of its jobs run at once, and how often they start. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ActionNote } from './actionNote.ts';
import { Modal } from './modal.ts';
import type { OperatedType } from './operateDocuments.ts';
import type { Operations } from './operations.ts';
import { useAction } from './useAction.ts';

export interface LimitsDialogProps {
  readonly type: OperatedType;
  readonly operations: Pick<Operations, 'change'>;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

const fields = [
  { name: 'total', label: 'Run at once', hint: 'Jobs of the type; 1 to 1000' },
  { name: 'perKey', label: 'Run at once, of one key', hint: '1 to 1000' },
  { name: 'starts', label: 'Starts', hint: 'Attempts of one key that begin …' },
  { name: 'seconds', label: '… in seconds', hint: 'Up to 86,400' },
  { name: 'burst', label: 'More at once', hint: 'After a time without any; empty: a tenth of the starts' },
] as const;
type Field = (typeof fields)[number]['name'];

export function LimitsDialog({ type, operations, onDone, onClose }: LimitsDialogProps): ComponentChildren {
  const { name, limits } = type;
  const [values, setValues] = useState<Readonly<Record<Field, string>>>(() => ({
    total: textOf(limits.total),
    perKey: textOf(limits.perKey),
    starts: textOf(limits.rate?.starts),
    seconds: textOf(limits.rate?.seconds),
    burst: textOf(limits.rate?.burst),
  }));
  const action = useAction();
  const send = async (input: object): Promise<void> => {
    if (!(await action.run(() => operations.change('updateLimits', { type: name, ...input }), ''))) return;
    onDone();
    onClose();
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void send(inputOf(values));
  };
  return html`<${Modal} title=${`Limits of ${name}`} onClose=${onClose}>
    <form onSubmit=${onSubmit}>
      <p class="muted">Workers know it within five seconds; what runs already goes on. Left empty: as the type itself says.</p>
      <div class="limit-fields">
        ${fields.map(
          (field) =>
            html`<div class="field" key=${field.name}>
              <label for=${`limit-${field.name}`}>${field.label}</label>
              <input
                id=${`limit-${field.name}`}
                type="number"
                min=${field.name === 'burst' ? 0 : field.name === 'seconds' ? 0.001 : 1}
                step=${field.name === 'seconds' ? 'any' : 1}
                required=${(field.name === 'seconds' && values.starts !== '') || (field.name === 'starts' && values.seconds !== '')}
                value=${values[field.name]}
                aria-describedby=${`limit-${field.name}-hint`}
                onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) =>
                  setValues({ ...values, [field.name]: currentTarget.value })}
              />
              <p id=${`limit-${field.name}-hint`} class="muted">${field.hint}</p>
            </div>`,
        )}
      </div>
      <${ActionNote} action=${action} />
      <div class="row dialog-end">
        <button type="button" class="quiet" disabled=${action.isBusy} onClick=${() => void send({ concurrency: null, rate: null })}>
          As the type says
        </button>
        <span class="spacer"></span>
        <button type="button" onClick=${onClose}>Close</button>
        <button type="submit" class="primary" disabled=${action.isBusy}>Set the limits</button>
      </div>
    </form>
  <//>`;
}

function textOf(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

function inputOf({ total, perKey, starts, seconds, burst }: Readonly<Record<Field, string>>): object {
  const numberOf = (text: string): number | undefined => (text === '' ? undefined : Number(text));
  const concurrency = total === '' && perKey === '' ? null : { total: numberOf(total), perKey: numberOf(perKey) };
  const rate = starts === '' && seconds === '' ? null : { starts: numberOf(starts), seconds: numberOf(seconds), burst: numberOf(burst) };
  return { concurrency, rate };
}
