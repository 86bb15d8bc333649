/** Why somebody may look but not change anything, and the buttons that say so instead of failing. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Viewer } from './panelDocuments.ts';

const noteId = 'operator-note';

/** Nothing for operators, and until the server has answered. */
export function OperatorNote({ viewer, what }: { readonly viewer: Viewer | undefined; readonly what: string }): ComponentChildren {
  if (viewer === undefined || viewer.mayOperate) return null;
  return html`<p id=${noteId} class="operator-note">
    ${`${what} needs a token with the scope `}<code>admin</code>${viewer.owner === '' ? '.' : `; that of ${viewer.owner} does not have it.`}
  </p>`;
}

export interface OperatorButtonProps {
  readonly viewer: Viewer | undefined;
  readonly kind?: 'primary' | 'quiet' | undefined;
  readonly label?: string | undefined;
  readonly isBusy?: boolean | undefined;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

/** Visible and focusable for everybody, so that nobody looks for it in vain; disabled for callers who are not operators. */
export function OperatorButton({ viewer, kind, label, isBusy = false, onClick, children }: OperatorButtonProps): ComponentChildren {
  const isBarred = viewer?.mayOperate !== true;
  return html`<button
    type="button"
    class=${`${kind ?? ''} small`}
    aria-label=${label}
    aria-disabled=${isBarred || isBusy}
    aria-describedby=${isBarred && viewer !== undefined ? noteId : undefined}
    title=${isBarred ? 'Needs the scope admin' : undefined}
    onClick=${() => {
      if (!isBarred && !isBusy) onClick();
    }}
  >
    ${children}
  </button>`;
}
