/** One job: its state, its timeline, and what went in and came out. */
import { Fragment, h, type ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Connection } from '../client/connection.ts';
import { isFinal } from '../client/job.ts';
import type { FullJob } from './documents.ts';
import type { JobList } from './jobList.ts';
import { isRetryable } from './jobRecord.ts';
import { ProgressBar } from './jobTable.ts';
import { openJob } from './openedJob.ts';
import { StatusBadge } from './statusBadge.ts';
import { useStore } from './store.ts';
import { Timeline } from './timelineView.ts';

export interface JobPanelProps {
  readonly connection: Connection;
  readonly list: JobList;
  readonly jobId: string;
  readonly onClose: () => void;
  readonly onRetry: (jobId: string) => void;
  readonly onCancel: (jobId: string) => void;
}

export function JobPanel({ connection, list, jobId, onClose, onRetry, onCancel }: JobPanelProps): ComponentChildren {
  const opened = useMemo(() => openJob(connection, list, jobId), [connection, list, jobId]);
  useEffect(() => opened.close, [opened]);
  const { job, problem } = useStore(opened.store);
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    const before = document.activeElement;
    heading.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, [jobId]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onClose();
  };

  return h(
    'aside',
    { class: 'aside card panel', 'aria-labelledby': 'panel-title', onKeyDown, 'data-opened': jobId },
    h(
      'div',
      { class: 'panel-head' },
      h('h2', { id: 'panel-title', ref: heading, tabIndex: -1 }, job?.type ?? 'Job'),
      h('span', { class: 'spacer' }),
      job !== undefined && isRetryable(job)
        ? h('button', { type: 'button', class: 'primary', onClick: () => onRetry(jobId) }, 'Retry')
        : null,
      job !== undefined && !isFinal(job.status) ? h('button', { type: 'button', onClick: () => onCancel(jobId) }, 'Cancel job') : null,
      h('button', { type: 'button', class: 'quiet', onClick: onClose, 'aria-label': 'Close' }, '✕'),
    ),
    problem === undefined ? null : h('p', { class: 'problem', role: 'alert' }, problem),
    job === undefined ? (problem === undefined ? h('p', { class: 'muted' }, 'Loading …') : null) : h(Details, { job }),
  );
}

function Details({ job }: { readonly job: FullJob }): ComponentChildren {
  const { jobId, status, error, params, result, priority, attempts, generation, traceId, idempotencyKey, createdAt, expiresAt } = job;
  return h(
    Fragment,
    null,
    h('div', { class: 'panel-status' }, h(StatusBadge, { status }), status === 'PROCESSING' ? h(ProgressBar, { job }) : null),
    error === null
      ? null
      : h(
          'div',
          { class: 'failure' },
          h('strong', null, error.code),
          h('span', { class: 'muted' }, ` at attempt ${error.attempt}`),
          h('p', null, error.message),
        ),
    h(Timeline, { job }),
    result === null ? null : h(Json, { title: 'Result', value: result }),
    h(Json, { title: 'Params', value: params }),
    h(
      'section',
      null,
      h('h3', null, 'Record'),
      h(
        'dl',
        { class: 'facts' },
        fact('Ticket', h('code', null, jobId)),
        fact('Priority', priority.toLowerCase()),
        fact('Attempts', `${attempts}${generation > 1 ? ` in generation ${generation}` : ''}`),
        fact('Created', new Date(createdAt).toLocaleString()),
        fact('Kept until', new Date(expiresAt).toLocaleDateString()),
        idempotencyKey === null ? null : fact('Idempotency key', h('code', null, idempotencyKey)),
        fact('Trace', h('code', null, traceId)),
      ),
    ),
  );
}

function fact(name: string, value: ComponentChildren): ComponentChildren {
  return h('div', { key: name }, h('dt', null, name), h('dd', null, value));
}

function Json({ title, value }: { readonly title: string; readonly value: unknown }): ComponentChildren {
  const text = JSON.stringify(value, undefined, 2);
  const bytes = new TextEncoder().encode(text).length;
  return h(
    'section',
    null,
    h(
      'div',
      { class: 'row' },
      h('h3', null, title),
      h('span', { class: 'muted' }, bytes > 1024 ? formatBytes(bytes) : ''),
      h('span', { class: 'spacer' }),
      h(
        'button',
        {
          type: 'button',
          class: 'small quiet',
          onClick: () => void navigator.clipboard.writeText(text),
          'aria-label': `Copy ${title.toLowerCase()}`,
        },
        'Copy',
      ),
    ),
    h('pre', { tabIndex: 0, 'aria-label': title }, text),
  );
}

function formatBytes(bytes: number): string {
  return `${Math.round(bytes / 1024)} KB`;
}
