/** One field of the form: its label, its input, its explanation, and its error. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { FormField } from './paramsForm.ts';

export interface FieldInputProps {
  readonly field: FormField;
  readonly value: string;
  readonly problem: string | undefined;
  readonly onInput: (value: string) => void;
}

export function FieldInput(props: FieldInputProps): ComponentChildren {
  const { field, problem } = props;
  const { name, kind, hint, isRequired } = field;
  const id = `param-${name}`;
  return html`<div class=${kind === 'checkbox' ? 'field is-checkbox' : 'field'}>
    <label for=${id}>${name}${isRequired && html`<span class="needed" title="needed">${' *'}</span>`}</label>
    ${inputOf(props, id)} ${hint !== '' && html`<p id=${`${id}-hint`} class="muted">${hint}</p>`}
    ${problem !== undefined && html`<p id=${`${id}-problem`} class="problem" role="alert">${problem}</p>`}
  </div>`;
}

type Typed = { readonly currentTarget: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement };

function inputOf({ field, value, problem, onInput }: FieldInputProps, id: string): ComponentChildren {
  const { kind, hint, isRequired, byDefault, choices, isWhole, min, max, maxLength, pattern } = field;
  const described = [...(hint === '' ? [] : [`${id}-hint`]), ...(problem === undefined ? [] : [`${id}-problem`])].join(' ');
  const aria = {
    id,
    'aria-describedby': described === '' ? undefined : described,
    'aria-invalid': problem === undefined ? undefined : true,
  };
  const shared = { ...aria, required: isRequired, value };
  const onText = ({ currentTarget }: Typed): void => onInput(currentTarget.value);
  switch (kind) {
    case 'checkbox': {
      const onCheck = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => onInput(String(currentTarget.checked));
      return html`<input ...${aria} type="checkbox" checked=${value === 'true'} onChange=${onCheck} />`;
    }
    case 'choice':
      return html`<select ...${shared} onChange=${onText}>
        ${!isRequired && html`<option value="">–</option>`}
        ${choices.map((choice) => html`<option key=${choice} value=${choice}>${choice}</option>`)}
      </select>`;
    case 'number':
      return html`<input
        ...${shared}
        type="number"
        min=${min}
        max=${max}
        step=${isWhole ? 1 : 'any'}
        placeholder=${byDefault}
        onInput=${onText}
      />`;
    case 'json':
      return html`<textarea ...${shared} rows=${2} spellcheck=${false} placeholder=${byDefault || 'JSON'} onInput=${onText} />`;
    case 'text':
      return html`<input
        ...${shared}
        type="text"
        maxLength=${maxLength}
        pattern=${pattern}
        placeholder=${byDefault}
        spellcheck=${false}
        autocomplete="off"
        onInput=${onText}
      />`;
  }
}
