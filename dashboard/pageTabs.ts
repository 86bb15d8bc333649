/** The pages of the dashboard. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { formatAddress, views, withoutFilter, type Address, type View } from './address.ts';

const names: Readonly<Record<View, string>> = { jobs: 'Jobs', errors: 'Errors', statistics: 'Statistics' };

export function PageTabs({ address }: { readonly address: Address }): ComponentChildren {
  return html`<nav class="tabs" aria-label="Pages">
    ${views.map(
      (view) =>
        html`<a
          key=${view}
          href=${formatAddress({ ...withoutFilter(address), view })}
          class=${view === address.view ? 'tab is-current' : 'tab'}
          aria-current=${view === address.view ? 'page' : undefined}
          >${names[view]}</a
        >`,
    )}
  </nav>`;
}
