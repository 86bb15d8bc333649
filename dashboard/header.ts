/** Name, connection, theme, and the button that matters most. */
import { h, type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { JobListState } from './jobList.ts';
import type { Site } from './site.ts';
import { readToken, signIn } from './token.ts';

const connections: Readonly<Record<JobListState['feed'], string>> = {
  open: 'Live',
  connecting: 'Connecting …',
  lost: 'Connection lost, trying again …',
  refused: 'Token needed',
};

export interface HeaderProps {
  readonly feed: JobListState['feed'];
  readonly site: Site;
  readonly onCreate: () => void;
}

export function Header({ feed, site, onCreate }: HeaderProps): ComponentChildren {
  return h(
    'header',
    { class: 'header' },
    h('img', { src: '/dashboard/icon.svg', alt: '', width: 28, height: 28 }),
    h('h1', null, 'Job Tickets'),
    h('span', { class: `connection is-${feed}`, role: 'status' }, h('span', { class: 'dot', 'aria-hidden': true }), connections[feed]),
    h('span', { class: 'spacer' }),
    site.hasGraphiQL ? h('a', { href: '/graphql', class: 'button quiet' }, 'GraphiQL') : null,
    site.wantsToken && readToken() !== undefined
      ? h('button', { type: 'button', class: 'quiet', onClick: () => signIn('') }, 'Forget token')
      : null,
    h(ThemeButton, null),
    h('button', { type: 'button', class: 'primary', onClick: onCreate }, h('span', { 'aria-hidden': true }, '+ '), 'New job'),
  );
}

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];
const themeKey = 'job-tickets-theme';

function ThemeButton(): ComponentChildren {
  const [theme, setTheme] = useState<Theme>(() => themes.find((name) => name === localStorage.getItem(themeKey)) ?? 'auto');
  document.documentElement.dataset['theme'] = theme;
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
  const onClick = (): void => {
    localStorage.setItem(themeKey, next);
    setTheme(next);
  };
  const signs = { auto: '◐', light: '☀', dark: '☾' } as const;
  return h(
    'button',
    { type: 'button', class: 'quiet', onClick, title: `Theme: ${theme}`, 'aria-label': `Theme: ${theme}; change to ${next}` },
    signs[theme],
  );
}
