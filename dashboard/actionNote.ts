/** What came of an action, where it was asked for. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Action } from './useAction.ts';

export function ActionNote({ action: { told, hasFailed } }: { readonly action: Action }): ComponentChildren {
  // It stands there before, for readers of screens to watch it.
  return html`<p class=${hasFailed ? 'action-note problem' : 'action-note muted'} role=${hasFailed ? 'alert' : 'status'}>${told}</p>`;
}
