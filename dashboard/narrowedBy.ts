/** The further filters of the table, each with a button that removes it. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { formatAddress, type Address } from './address.ts';
import { listedOfAll } from './filterOf.ts';
import { statusNames } from './statusBadge.ts';

export function NarrowedBy({ address }: { readonly address: Address }): ComponentChildren {
  const { tag, error, allOwners } = address;
  if (tag === undefined && error === undefined && !allOwners) return null;
  return html`<div class="narrowed">
    ${tag !== undefined && html`<${Removable} text=${`Tag: ${tag}`} without=${{ ...address, tag: undefined }} />`}
    ${error !== undefined && html`<${Removable} text="One kind of error" without=${{ ...address, error: undefined }} />`}
    ${
      allOwners &&
      html`<p class="muted">
        ${`Of all owners these are listed: ${listedOfAll.map((status) => statusNames[status].toLowerCase()).join(', ')}. The list is read again every few seconds.`}
      </p>`
    }
  </div>`;
}

interface RemovableProps {
  readonly text: string;
  readonly without: Address;
}

function Removable({ text, without }: RemovableProps): ComponentChildren {
  return html`<span class="chip is-current">
    ${text}${' '}<a class="remove" href=${formatAddress(without)} aria-label=${`Remove the filter: ${text}`}>✕</a>
  </span>`;
}
