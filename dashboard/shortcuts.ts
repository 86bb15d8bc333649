/** Keyboard shortcuts that work wherever the focus is, unless someone types, a dialog is open, or they are turned off. */
import { useEffect } from 'preact/hooks';

export interface Shortcut {
  readonly key: string;
  readonly meaning: string;
  readonly run: () => void;
}

const offKey = 'job-tickets-shortcuts-off';

export function areShortcutsOn(): boolean {
  return localStorage.getItem(offKey) === null;
}

export function turnShortcuts(isOn: boolean): void {
  if (isOn) localStorage.removeItem(offKey);
  else localStorage.setItem(offKey, 'true');
}

export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const { key, target, altKey, ctrlKey, metaKey } = event;
      if (altKey || ctrlKey || metaKey || !areShortcutsOn()) return;
      if (target instanceof Element && target.closest('input:not([type=checkbox]), textarea, select') !== null) return;
      if (document.querySelector('dialog[open]') !== null) return;
      const shortcut = shortcuts.find((known) => known.key === key);
      if (shortcut === undefined) return;
      event.preventDefault();
      shortcut.run();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [shortcuts]);
}

/** The row after (1) or before (-1) the one that has the focus. */
export function moveToRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll('tbody tr')];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at === -1 ? rows[0] : rows[at + step];
  next?.querySelector('a')?.focus();
}

/** The row with the focus. `isRange`: from the last selected row to it. */
export function selectRow(isRange: boolean): void {
  const box = document.activeElement?.closest('tbody tr')?.querySelector<HTMLInputElement>('.select input');
  box?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, shiftKey: isRange }));
}
