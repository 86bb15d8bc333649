/** The dialog that is open, if one is. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Actions } from './actions.ts';
import { turnTo, type Address } from './address.ts';
import type { Bulk } from './bulk.ts';
import { BulkDialog } from './bulkDialog.ts';
import type { BulkPlan } from './bulkPlan.ts';
import { CreateDialog } from './createDialog.ts';
import type { FullJob, JobTypeInfo } from './documents.ts';
import type { Shortcut } from './shortcuts.ts';
import { ShortcutsDialog } from './shortcutsDialog.ts';

export type OpenDialog =
  | { readonly kind: 'create'; readonly from: FullJob | undefined }
  | { readonly kind: 'bulk'; readonly plan: BulkPlan }
  | { readonly kind: 'shortcuts' };

export interface DialogsProps {
  readonly dialog: OpenDialog | undefined;
  readonly types: readonly JobTypeInfo[];
  readonly actions: Actions;
  readonly bulk: Bulk;
  readonly address: Address;
  readonly shortcuts: readonly Shortcut[];
  readonly onClose: () => void;
}

export function Dialogs({ dialog, types, actions, bulk, address, shortcuts, onClose }: DialogsProps): ComponentChildren {
  const onCreated = (jobId?: string): void => {
    onClose();
    if (jobId !== undefined) turnTo({ ...address, jobId });
  };
  switch (dialog?.kind) {
    case 'create':
      return html`<${CreateDialog} types=${types} actions=${actions} from=${dialog.from} onClose=${onCreated} />`;
    case 'bulk':
      return html`<${BulkDialog} plan=${dialog.plan} bulk=${bulk} onClose=${onClose} />`;
    case 'shortcuts':
      return html`<${ShortcutsDialog} shortcuts=${shortcuts} onClose=${onClose} />`;
    case undefined:
      return null;
  }
}
