/** Which jobs the table shows. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Actions } from './actions.ts';
import { formatAddress, statuses, turnTo, type Address } from './address.ts';
import type { JobTypeInfo } from './documents.ts';
import { SearchBox } from './searchBox.ts';
import { statusMeanings, statusNames } from './statusBadge.ts';

export interface FilterBarProps {
  readonly address: Address;
  readonly types: readonly JobTypeInfo[];
  readonly actions: Pick<Actions, 'find'>;
  /** Whether the caller may look at other owners' jobs. */
  readonly isAdmin: boolean;
  readonly onBulkRetry: () => void;
}

export function FilterBar({ address, types, actions, isAdmin, onBulkRetry }: FilterBarProps): ComponentChildren {
  const onType = ({ currentTarget }: { readonly currentTarget: HTMLSelectElement }): void =>
    turnTo({ ...address, type: currentTarget.value === '' ? undefined : currentTarget.value });
  return html`<div class="filter-bar">
    <h2 id="jobs-title" class="hidden">${address.owner === undefined ? 'Jobs' : `Jobs of ${address.owner}`}</h2>
    <${SearchBox} address=${address} actions=${actions} />
    ${(isAdmin || address.owner !== undefined) && html`<${OwnerField} key=${address.owner ?? ''} address=${address} />`}
    <select aria-label="Filter by type" value=${address.type ?? ''} onChange=${onType}>
      <option value="">All types</option>
      ${types.map(({ name }) => html`<option key=${name} value=${name}>${name}</option>`)}
    </select>
    <button type="button" onClick=${onBulkRetry}>Retry failed …</button>
    <nav class="chips" aria-label="Filter by status">
      <${Chip} address=${address} status=${undefined} />
      ${statuses.map((status) => html`<${Chip} key=${status} address=${address} status=${status} />`)}
    </nav>
  </div>`;
}

interface ChipProps {
  readonly address: Address;
  readonly status: Address['status'];
}

function Chip({ address, status }: ChipProps): ComponentChildren {
  const isCurrent = address.status === status;
  return html`<a
    href=${formatAddress({ ...address, status })}
    class=${isCurrent ? 'chip is-current' : 'chip'}
    aria-current=${isCurrent ? 'true' : undefined}
    title=${status === undefined ? undefined : statusMeanings[status]}
    >${status === undefined ? 'All' : statusNames[status]}</a
  >`;
}

/** Emptied, it shows the caller's own again. */
function OwnerField({ address }: { readonly address: Address }): ComponentChildren {
  const onChange = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    const owner = currentTarget.value.trim();
    turnTo({ ...address, jobId: undefined, owner: owner === '' ? undefined : owner });
  };
  return html`<input
    class="owner"
    type="text"
    aria-label="Owner"
    title="Whose jobs; empty: your own"
    placeholder="Owner: you"
    defaultValue=${address.owner ?? ''}
    onChange=${onChange}
    autocomplete="off"
    spellcheck=${false}
  />`;
}
