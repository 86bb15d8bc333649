/** The progress of a job. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { ListedJob } from './documents.ts';

export interface ProgressBarProps {
  readonly job: Pick<ListedJob, 'status' | 'progress'>;
}

export function ProgressBar({ job: { status, progress } }: ProgressBarProps): ComponentChildren {
  if (status === 'SUCCEEDED') return html`<span class="muted">100 %</span>`;
  if (status !== 'PROCESSING') return html`<span class="muted">–</span>`;
  if (progress === null) return html`<progress max="100" aria-label="Progress" />`;
  return html`<span class="progress">
    <progress max="100" value=${progress} aria-label="Progress" />
    <span>${`${Math.round(progress)} %`}</span>
  </span>`;
}
