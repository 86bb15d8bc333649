/** The owner whose jobs an admin sees: their own, another owner's, or those of all. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { turnTo, type Address } from './address.ts';
import { listedOfAll } from './filterOf.ts';

export interface OwnerFieldProps {
  readonly address: Address;
  /** Whether those of all owners can be listed too. */
  readonly ofAll?: boolean;
}

/** When it is emptied, it shows the caller's own again. */
export function OwnerField({ address, ofAll = true }: OwnerFieldProps): ComponentChildren {
  const { allOwners, status } = address;
  const onChange = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    const owner = currentTarget.value.trim();
    turnTo({ ...address, jobId: undefined, owner: owner === '' ? undefined : owner, allOwners: false });
  };
  const onAll = (): void => {
    const isListed = status === undefined || listedOfAll.some((one) => one === status);
    turnTo({ ...address, jobId: undefined, owner: undefined, allOwners: !allOwners, status: isListed ? status : undefined });
  };
  return html`<div class="owner-field" role="group" aria-label="Whose jobs">
    <input
      class="owner"
      type="text"
      aria-label="Owner"
      title="Whose jobs; empty: your own"
      placeholder=${allOwners ? 'All owners' : 'Owner: you'}
      defaultValue=${address.owner ?? ''}
      onChange=${onChange}
      autocomplete="off"
      spellcheck=${false}
    />
    ${
      ofAll &&
      html`<button
        type="button"
        aria-label="All owners"
        aria-pressed=${allOwners}
        title="Failed and cancelled jobs of all owners"
        onClick=${onAll}
      >
        All
      </button>`
    }
  </div>`;
}
