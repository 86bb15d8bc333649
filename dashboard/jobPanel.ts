/** One job: its state, its timeline, and what went in and came out. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Connection } from '../client/connection.ts';
import { isFinal } from '../client/job.ts';
import type { FullJob } from './documents.ts';
import { formatDuration } from './durations.ts';
import { JobDetails } from './jobDetails.ts';
import type { JobList } from './jobList.ts';
import { isRetryable } from './jobRecord.ts';
import { openJob } from './openedJob.ts';
import { useNow } from './useNow.ts';

export interface JobPanelProps {
  readonly connection: Connection;
  readonly list: JobList;
  readonly jobId: string;
  readonly stuckAfterMs: number;
  readonly onClose: () => void;
  readonly onRetry: (jobId: string) => void;
  readonly onCancel: (jobId: string) => void;
  readonly onReplay: (job: FullJob) => void;
}

export function JobPanel(props: JobPanelProps): ComponentChildren {
  const { connection, list, jobId, onClose } = props;
  const opened = useMemo(() => openJob(connection, list, jobId), [connection, list, jobId]);
  useEffect(() => opened.close, [opened]);
  const { job, problem } = opened.state.value;
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    const before = document.activeElement;
    heading.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, [jobId]);
  const onKeyDown = ({ key }: KeyboardEvent): void => {
    if (key === 'Escape') onClose();
  };

  return html`<aside class="aside card panel" aria-labelledby="panel-title" onKeyDown=${onKeyDown} data-opened=${jobId}>
    <div class="panel-head">
      <h2 id="panel-title" ref=${heading} tabindex=${-1}>${job?.type ?? 'Job'}</h2>
      <span class="spacer"></span>
      ${job !== undefined && html`<${PanelActions} ...${props} job=${job} />`}
      <button type="button" class="quiet" onClick=${onClose} aria-label="Close">✕</button>
    </div>
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    ${job !== undefined && html`<${JobDetails} job=${job} />`}
    ${job === undefined && problem === undefined && html`<p class="muted">Loading …</p>`}
  </aside>`;
}

interface PanelActionsProps extends Pick<JobPanelProps, 'stuckAfterMs' | 'onRetry' | 'onCancel' | 'onReplay'> {
  readonly job: FullJob;
}

function PanelActions({ job, stuckAfterMs, onRetry, onCancel, onReplay }: PanelActionsProps): ComponentChildren {
  const now = useNow(1000);
  const isOpen = !isFinal(job.status);
  const hint = isOpen
    ? `Nothing changed for ${formatDuration(now - Date.parse(job.updatedAt))}; if a worker still holds it, the server says so`
    : 'The same job begins anew';
  return html`
    ${
      isRetryable(job, { now, stuckAfterMs }) &&
      html`<button type="button" class="primary" title=${hint} onClick=${() => onRetry(job.jobId)}>
        ${isOpen ? 'Retry stuck job' : 'Retry'}
      </button>`
    }
    ${isOpen && html`<button type="button" onClick=${() => onCancel(job.jobId)}>Cancel job</button>`}
    <button type="button" title="A new job, with these params to start from" onClick=${() => onReplay(job)}>Replay …</button>
  `;
}
