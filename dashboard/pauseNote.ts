/** A pause: by whom, since when, until when, and why. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { relativeTime } from './localTime.ts';
import type { PauseState } from './operateDocuments.ts';

export interface PauseNoteProps {
  readonly state: PauseState;
  readonly now: number;
}

export function PauseNote({ state, now }: PauseNoteProps): ComponentChildren {
  const { isPaused, pausedReason, pausedUntil, pausedSince, pausedBy } = state;
  if (!isPaused) return null;
  const by = pausedBy === null ? '' : ` by ${pausedBy}`;
  const since = pausedSince === null ? '' : `, ${relativeTime(pausedSince, now)}`;
  const end = pausedUntil === null ? 'until it is resumed' : `until ${new Date(pausedUntil).toLocaleString()}`;
  return html`<div class="pause-note">
    <p><strong>Paused</strong>${`${by}${since}, ${end}.`}</p>
    ${pausedReason !== null && html`<p class="pause-reason">${pausedReason}</p>`}
  </div>`;
}
