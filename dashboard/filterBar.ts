/** Which jobs the table shows. */
import { h, type ComponentChildren } from 'preact';
import { formatAddress, statuses, type Address } from './address.ts';
import type { JobTypeInfo } from './documents.ts';
import { statusNames } from './statusBadge.ts';

export interface FilterBarProps {
  readonly address: Address;
  readonly types: readonly JobTypeInfo[];
  readonly onTurn: (address: Address) => void;
  readonly onBulkRetry: () => void;
}

export function FilterBar({ address, types, onTurn, onBulkRetry }: FilterBarProps): ComponentChildren {
  const chip = (status: Address['status'], name: string): ComponentChildren => {
    const isCurrent = address.status === status;
    const href = formatAddress({ ...address, status });
    return h('a', { key: name, href, class: isCurrent ? 'chip is-current' : 'chip', 'aria-current': isCurrent ? 'true' : undefined }, name);
  };
  const onType = ({ currentTarget }: { readonly currentTarget: HTMLSelectElement }): void =>
    onTurn({ ...address, type: currentTarget.value === '' ? undefined : currentTarget.value });
  return h(
    'div',
    { class: 'filter-bar' },
    h('h2', { id: 'jobs-title', class: 'hidden' }, 'Jobs'),
    h(
      'nav',
      { class: 'chips', 'aria-label': 'Filter by status' },
      chip(undefined, 'All'),
      statuses.map((status) => chip(status, statusNames[status])),
    ),
    h('span', { class: 'spacer' }),
    h(
      'select',
      { 'aria-label': 'Filter by type', value: address.type ?? '', onChange: onType },
      h('option', { value: '' }, 'All types'),
      types.map(({ name }) => h('option', { key: name, value: name }, name)),
    ),
    h('button', { type: 'button', onClick: onBulkRetry }, 'Retry failed …'),
  );
}
