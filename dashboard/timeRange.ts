/** When the jobs were handed in: a span that ends now, or between two times. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { spans, turnTo, type Address } from './address.ts';
import { inputOfTime, timeOfInput } from './localTime.ts';
import { spanNames } from './narrowing.ts';

const between = 'between';

export function TimeRange({ address }: { readonly address: Address }): ComponentChildren {
  const { span, from, to } = address;
  const isBetween = span === undefined && (from !== undefined || to !== undefined);
  const [isAsked, setAsked] = useState(isBetween);
  const isOpen = span === undefined && (isAsked || isBetween);
  const onChange = ({ currentTarget: { value } }: { readonly currentTarget: HTMLSelectElement }): void => {
    setAsked(value === between);
    const next = spans.find((one) => one === value);
    if (next !== undefined || isBetween || span !== undefined) turnTo({ ...address, span: next, from: undefined, to: undefined });
  };
  return html`
    <select aria-label="Filter by time" value=${isOpen ? between : (span ?? '')} onChange=${onChange}>
      <option value="">Any time</option>
      ${spans.map((one) => html`<option key=${one} value=${one}>${spanNames[one]}</option>`)}
      <option value=${between}>Between …</option>
    </select>
    ${
      isOpen &&
      html`<div class="between">
        <${Moment} name="From" value=${from} onChange=${(at: string | undefined) => turnTo({ ...address, from: at })} />
        <${Moment} name="To" value=${to} onChange=${(at: string | undefined) => turnTo({ ...address, to: at })} />
      </div>`
    }
  `;
}

interface MomentProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly onChange: (at: string | undefined) => void;
}

function Moment({ name, value, onChange }: MomentProps): ComponentChildren {
  return html`<label class="moment">
    <span>${name}</span>
    <input
      type="datetime-local"
      value=${inputOfTime(value)}
      onChange=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => onChange(timeOfInput(currentTarget.value))}
    />
  </label>`;
}
