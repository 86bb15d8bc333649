/** A field of a form: its label, its input, its explanation, and its choices. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly kind?: 'text' | 'number' | 'datetime-local' | undefined;
  readonly hint?: string | undefined;
  readonly isRequired?: boolean | undefined;
  readonly maxLength?: number | undefined;
  /** Suggested while the user types. */
  readonly choices?: readonly string[] | undefined;
  readonly onInput: (value: string) => void;
}

export function TextField(props: TextFieldProps): ComponentChildren {
  const { label, value, kind = 'text', hint = '', isRequired = false, maxLength, choices = [], onInput } = props;
  const id = useId();
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input
      id=${id}
      type=${kind}
      value=${value}
      required=${isRequired}
      maxLength=${maxLength}
      list=${choices.length > 0 ? `${id}-choices` : undefined}
      aria-describedby=${hint === '' ? undefined : `${id}-hint`}
      autocomplete="off"
      spellcheck=${false}
      onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => onInput(currentTarget.value)}
    />
    ${
      choices.length > 0 &&
      html`<datalist id=${`${id}-choices`}>${choices.map((choice) => html`<option key=${choice} value=${choice} />`)}</datalist>`
    }
    ${hint !== '' && html`<p id=${`${id}-hint`} class="muted">${hint}</p>`}
  </div>`;
}
