/** The holders of a limit's slots, each a link to its job. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { between, formatDuration } from './durations.ts';
import { shortId } from './jobRecord.ts';
import type { SlotUse } from './panelDocuments.ts';
import { StatusBadge } from './statusBadge.ts';

export interface SlotUseViewProps {
  /** Undefined: there is no such limit. */
  readonly use: SlotUse | undefined;
  readonly now: number;
}

export function SlotUseView({ use, now }: SlotUseViewProps): ComponentChildren {
  if (use === undefined) return html`<p class="muted">No limit counts them.</p>`;
  const { most, taken, someoneWaits, holders } = use;
  const hidden = taken - holders.length;
  return html`<div class="slot-use">
    <p>${`${taken} of ${most} taken${someoneWaits ? ', and others wait' : ''}`}</p>
    <ul>
      ${holders.map(
        ({ jobId, status, startedAt }) =>
          html`<li key=${jobId} class="row">
            <${StatusBadge} status=${status} />
            <a href=${`#job=${jobId}`} class="job-id">${shortId(jobId)}</a>
            <span class="muted">${startedAt === null ? 'about to begin' : `for ${formatDuration(between(startedAt, now) ?? 0)}`}</span>
          </li>`,
      )}
    </ul>
    ${hidden > 0 && html`<p class="muted">${`and ${hidden} more`}</p>`}
  </div>`;
}
