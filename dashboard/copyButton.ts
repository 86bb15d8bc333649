/** Copies a text, and says whether that worked. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const toldForMs = 2000;

export interface CopyButtonProps {
  readonly text: string;
  /** What it copies: `result`. */
  readonly name: string;
}

export function CopyButton({ text, name }: CopyButtonProps): ComponentChildren {
  const [outcome, setOutcome] = useState('');
  useEffect(() => {
    if (outcome === '') return undefined;
    const timer = setTimeout(() => setOutcome(''), toldForMs);
    return () => clearTimeout(timer);
  }, [outcome]);
  const onClick = (): void => void copy(text).then((isDone) => setOutcome(isDone ? 'Copied' : 'Not copied'));
  return html`<span>
    <button type="button" class="small quiet" onClick=${onClick} aria-label=${`Copy ${name}`}>${outcome === '' ? 'Copy' : outcome}</button>
    <span class="hidden" role="status">${outcome === '' ? '' : `${outcome}: ${name}`}</span>
  </span>`;
}

/** Over plain HTTP browsers do not allow access to the clipboard, but copy what is selected. */
async function copy(text: string): Promise<boolean> {
  if (isSecureContext) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const before = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'hidden';
  document.body.append(area);
  area.select();
  // oxlint-disable-next-line typescript/no-deprecated -- there is no other way outside secure contexts
  const isDone = document.execCommand('copy');
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return isDone;
}
