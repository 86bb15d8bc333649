/** The ways from page to page. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { formatOperatePage, operatePages, useOperatePage } from './operatePage.ts';

export function PageNav(): ComponentChildren {
  const current = useOperatePage();
  const jobs = { page: undefined, name: 'Jobs' } as const;
  return html`<nav class="page-nav" aria-label="Pages of the dashboard">
    ${[jobs, ...operatePages].map(
      ({ page, name }) =>
        html`<a
          key=${name}
          href=${page === undefined ? '#' : formatOperatePage(page)}
          class=${page === current ? 'page-link is-current' : 'page-link'}
          aria-current=${page === current ? 'page' : undefined}
          >${name}</a
        >`,
    )}
  </nav>`;
}
