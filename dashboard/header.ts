/** Name, connection, theme, and the button for the main action. */
import type { ReadonlySignal } from '@preact/signals-core';
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Address } from './address.ts';
import type { FeedState } from './jobList.ts';
import { PageNav } from './pageNav.ts';
import type { Site } from './site.ts';
import { readToken, signIn } from './token.ts';

const connections: Readonly<Record<FeedState, string>> = {
  idle: 'Connecting …',
  open: 'Live',
  connecting: 'Connecting …',
  lost: 'Connection lost, trying again …',
  refused: 'Token needed',
};

export interface HeaderProps {
  readonly address: Address;
  readonly feed: ReadonlySignal<FeedState>;
  readonly site: Site;
  readonly onCreate: () => void;
  readonly onShortcuts: () => void;
}

export function Header({ address, feed, site, onCreate, onShortcuts }: HeaderProps): ComponentChildren {
  const hasToken = site.wantsToken && readToken() !== undefined;
  return html`<header class="header">
    <h1>
      <img src="/dashboard/icon.svg" alt="Job Tickets" width="28" height="28" />
      <span class="wide-only" aria-hidden="true">Job Tickets</span>
    </h1>
    <${PageNav} address=${address} />
    <span class=${`connection is-${feed.value}`} role="status">
      <span class="dot" aria-hidden="true"></span>
      ${connections[feed.value]}
    </span>
    <span class="spacer"></span>
    ${site.hasGraphiQL && html`<a href="/graphql" class="button quiet">GraphiQL</a>`}
    ${hasToken && html`<button type="button" class="quiet" onClick=${() => signIn('')}>Forget token</button>`}
    <button type="button" class="quiet wide-only" onClick=${onShortcuts} title="Keyboard shortcuts (?)" aria-label="Keyboard shortcuts">
      ?
    </button>
    <${ThemeButton} />
    <button type="button" class="primary" onClick=${onCreate}><span aria-hidden="true">+</span> New job</button>
  </header>`;
}

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];
const themeKey = 'job-tickets-theme';
const signs: Readonly<Record<Theme, string>> = { auto: '◐', light: '☀', dark: '☾' };

function ThemeButton(): ComponentChildren {
  const [theme, setTheme] = useState<Theme>(() => themes.find((name) => name === localStorage.getItem(themeKey)) ?? 'auto');
  document.documentElement.dataset['theme'] = theme;
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
  const onClick = (): void => {
    localStorage.setItem(themeKey, next);
    setTheme(next);
  };
  const label = `Theme: ${theme}; change to ${next}`;
  return html`<button type="button" class="quiet" onClick=${onClick} title=${`Theme: ${theme}`} aria-label=${label}>
    ${signs[theme]}
  </button>`;
}
