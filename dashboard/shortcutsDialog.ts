/** The list of the keyboard shortcuts, and the switch that turns them off. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Modal } from './modal.ts';
import { areShortcutsOn, turnShortcuts, type Shortcut } from './shortcuts.ts';

export interface ShortcutsDialogProps {
  readonly shortcuts: readonly Shortcut[];
  readonly onClose: () => void;
}

export function ShortcutsDialog({ shortcuts, onClose }: ShortcutsDialogProps): ComponentChildren {
  const [isOn, setOn] = useState(areShortcutsOn);
  const onChange = (): void => {
    turnShortcuts(!isOn);
    setOn(!isOn);
  };
  const all = [...shortcuts, { key: 'Esc', meaning: 'Close the opened job or the dialog' }];
  return html`<${Modal} title="Keyboard shortcuts" onClose=${onClose}>
    <dl class="facts shortcuts">
      ${all.map(
        ({ key, meaning }) =>
          html`<div key=${key}>
            <dt><kbd>${key}</kbd></dt>
            <dd>${meaning}</dd>
          </div>`,
      )}
    </dl>
    <div class="field is-checkbox">
      <label for="shortcuts-on">Shortcuts of a single key are on</label>
      <input id="shortcuts-on" type="checkbox" checked=${isOn} onChange=${onChange} />
    </div>
    <div class="row dialog-end">
      <span class="spacer"></span>
      <button type="button" onClick=${onClose}>Close</button>
    </div>
  <//>`;
}
