/** One field of the form: its label, its input, what it means, and what is wrong with it. */
import { h, type ComponentChildren } from 'preact';
import type { FormField } from './paramsForm.ts';

export interface FieldInputProps {
  readonly field: FormField;
  readonly value: string;
  readonly problem: string | undefined;
  readonly onInput: (value: string) => void;
}

export function FieldInput({ field, value, problem, onInput }: FieldInputProps): ComponentChildren {
  const { name, kind, hint, isRequired } = field;
  const id = `param-${name}`;
  const described = [hint === '' ? '' : `${id}-hint`, problem === undefined ? '' : `${id}-problem`].filter((part) => part !== '').join(' ');
  const aria = { 'aria-describedby': described === '' ? undefined : described, 'aria-invalid': problem === undefined ? undefined : true };
  return h(
    'div',
    { class: kind === 'checkbox' ? 'field is-checkbox' : 'field' },
    h('label', { for: id }, name, isRequired ? h('span', { class: 'needed', title: 'needed' }, ' *') : null),
    inputOf({ ...field, id, value, aria, onInput }),
    hint === '' ? null : h('p', { id: `${id}-hint`, class: 'muted' }, hint),
    problem === undefined ? null : h('p', { id: `${id}-problem`, class: 'problem', role: 'alert' }, problem),
  );
}

interface InputProps extends FormField {
  readonly id: string;
  readonly value: string;
  readonly aria: object;
  readonly onInput: (value: string) => void;
}

type Typed = { readonly currentTarget: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement };

function inputOf({
  id,
  kind,
  value,
  aria,
  isRequired,
  byDefault,
  choices,
  isWhole,
  min,
  max,
  maxLength,
  pattern,
  onInput,
}: InputProps): ComponentChildren {
  const shared = { id, required: isRequired, placeholder: byDefault, ...aria };
  const onText = ({ currentTarget }: Typed): void => onInput(currentTarget.value);
  if (kind === 'checkbox') {
    const onCheck = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => onInput(String(currentTarget.checked));
    return h('input', { ...aria, id, type: 'checkbox', checked: value === 'true', onChange: onCheck });
  }
  if (kind === 'choice') {
    const empty = isRequired ? [] : [h('option', { key: '', value: '' }, '–')];
    return h(
      'select',
      { ...shared, value, onChange: onText },
      empty,
      choices.map((choice) => h('option', { key: choice, value: choice }, choice)),
    );
  }
  if (kind === 'number') return h('input', { ...shared, type: 'number', min, max, step: isWhole ? 1 : 'any', value, onInput: onText });
  if (kind === 'json')
    return h('textarea', { ...shared, rows: 2, spellcheck: false, placeholder: byDefault || 'JSON', value, onInput: onText });
  return h('input', { ...shared, type: 'text', maxLength, pattern, spellcheck: false, autocomplete: 'off', value, onInput: onText });
}
