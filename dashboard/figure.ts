/** A name and a value, one of a few side by side. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';

export function Figure({ name, children }: { readonly name: string; readonly children?: ComponentChildren }): ComponentChildren {
  return html`<div>
    <dt>${name}</dt>
    <dd>${children}</dd>
  </div>`;
}
