/** The result of an action, shown where it was started. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Action } from './useAction.ts';

export function ActionNote({ action: { told, hasFailed } }: { readonly action: Action }): ComponentChildren {
  // It is on the page in advance, so that screen readers announce its changes.
  return html`<p class=${hasFailed ? 'action-note problem' : 'action-note muted'} role=${hasFailed ? 'alert' : 'status'}>${told}</p>`;
}
