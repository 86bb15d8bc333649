/** Which jobs the table shows, and what can be done to all of them. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Actions } from './actions.ts';
import { formatAddress, statuses, turnTo, type Address } from './address.ts';
import type { BulkAction } from './bulk.ts';
import { bulkPlanOf, type BulkPlan } from './bulkPlan.ts';
import type { JobTypeInfo } from './documents.ts';
import { listedOfAll, whoseWords } from './filterOf.ts';
import { NarrowedBy } from './narrowedBy.ts';
import { OwnerField } from './ownerField.ts';
import { SearchBox } from './searchBox.ts';
import { statusMeanings, statusNames } from './statusBadge.ts';
import { TimeRange } from './timeRange.ts';

export interface FilterBarProps {
  readonly address: Address;
  readonly types: readonly JobTypeInfo[];
  readonly actions: Pick<Actions, 'find'>;
  /** Whether the caller may look at other owners' jobs. */
  readonly isAdmin: boolean;
  readonly onBulk: (plan: BulkPlan) => void;
}

export function FilterBar({ address, types, actions, isAdmin, onBulk }: FilterBarProps): ComponentChildren {
  const { owner, allOwners } = address;
  const onType = ({ currentTarget }: { readonly currentTarget: HTMLSelectElement }): void =>
    turnTo({ ...address, type: currentTarget.value === '' ? undefined : currentTarget.value });
  const shown = allOwners ? listedOfAll : statuses;
  // The address may contain a type that no present server knows.
  const names = new Set([...types.map(({ name }) => name), ...(address.type === undefined ? [] : [address.type])]);
  return html`<div class="filter-bar">
    <h2 id="jobs-title" class="hidden">${`List: ${whoseWords(address)}`}</h2>
    <${SearchBox} address=${address} actions=${actions} />
    ${(isAdmin || owner !== undefined || allOwners) && html`<${OwnerField} key=${owner ?? ''} address=${address} />`}
    <select aria-label="Filter by type" value=${address.type ?? ''} onChange=${onType}>
      <option value="">All types</option>
      ${[...names].map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
    </select>
    <${TimeRange} address=${address} />
    <div class="filter-line">
      <nav class="chips" aria-label="Filter by status">
        <${Chip} address=${address} status=${undefined} />
        ${shown.map((status) => html`<${Chip} key=${status} address=${address} status=${status} />`)}
      </nav>
      <${BulkButton} address=${address} action="RETRY" onBulk=${onBulk} />
      <${BulkButton} address=${address} action="CANCEL" onBulk=${onBulk} />
    </div>
    <${NarrowedBy} address=${address} />
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

interface BulkButtonProps {
  readonly address: Address;
  readonly action: BulkAction;
  readonly onBulk: (plan: BulkPlan) => void;
}

const bulkWords = {
  RETRY: { name: 'Retry all …', title: 'Retries all failed jobs that these filters choose, on this page and beyond' },
  CANCEL: { name: 'Cancel all …', title: 'Cancels all jobs under way that these filters choose, on this page and beyond' },
} as const;

function BulkButton({ address, action, onBulk }: BulkButtonProps): ComponentChildren {
  const { name, title } = bulkWords[action];
  const isPossible = bulkPlanOf(address, action, 0) !== undefined;
  const onClick = (): void => {
    const plan = bulkPlanOf(address, action, Date.now());
    if (plan !== undefined) onBulk(plan);
  };
  return html`<button type="button" class="small" disabled=${!isPossible} title=${title} onClick=${onClick}>${name}</button>`;
}
