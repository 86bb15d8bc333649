/** The links between pages: those to pages of jobs keep the owner. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { formatAddress, views, withoutFilter, type Address, type View } from './address.ts';
import { formatOperatePage, operatePages, useOperatePage } from './operatePage.ts';

const viewNames: Readonly<Record<View, string>> = { jobs: 'Jobs', workflows: 'Workflows', errors: 'Errors', statistics: 'Statistics' };

export function PageNav({ address }: { readonly address: Address }): ComponentChildren {
  const page = useOperatePage();
  const links = [
    ...views.map((view) => ({
      name: viewNames[view],
      href: formatAddress({ ...withoutFilter(address), view }),
      isCurrent: page === undefined && view === address.view,
    })),
    ...operatePages.map((one) => ({ name: one.name, href: formatOperatePage(one.page, address.owner), isCurrent: one.page === page })),
  ];
  return html`<nav class="page-nav" aria-label="Pages of the dashboard">
    ${links.map(
      ({ name, href, isCurrent }) =>
        html`<a
          key=${name}
          href=${href}
          class=${isCurrent ? 'page-link is-current' : 'page-link'}
          aria-current=${isCurrent ? 'page' : undefined}
          >${name}</a
        >`,
    )}
  </nav>`;
}
