/** The holders of the slots of a type, or of one key of it. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import type { OperatedType } from './operateDocuments.ts';
import type { Operations } from './operations.ts';
import { SlotUseView } from './slotUseView.ts';
import { usePolled } from './usePolled.ts';

export interface TypeSlotsProps {
  readonly type: Pick<OperatedType, 'name' | 'limits'>;
  readonly operations: Pick<Operations, 'slotHolders'>;
  readonly now: number;
}

export function TypeSlots({ type: { name, limits }, operations, now }: TypeSlotsProps): ComponentChildren {
  // Without a limit of the whole type, the one of jobs without a key comes first.
  const [key, setKey] = useState<string | undefined>(limits.total === null ? '' : undefined);
  const read = useCallback(() => operations.slotHolders(name, key), [operations, name, key]);
  const { value, problem } = usePolled(read);
  const id = `slots-key-${name}`;
  const onKey = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void =>
    setKey(currentTarget.value === '' && limits.total !== null ? undefined : currentTarget.value);
  return html`<section class="slots" aria-label=${`Who holds the slots of ${name}`}>
    ${
      limits.perKey !== null &&
      html`<div class="field">
        <label for=${id}>Of the concurrency key</label>
        <input
          id=${id}
          type="text"
          placeholder=${limits.total === null ? 'jobs without a key' : 'all of the type'}
          defaultValue=""
          onChange=${onKey}
          autocomplete="off"
          spellcheck=${false}
        />
      </div>`
    }
    ${problem === undefined ? html`<${SlotUseView} use=${value} now=${now} />` : html`<p class="problem" role="alert">${problem}</p>`}
  </section>`;
}
