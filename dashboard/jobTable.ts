/** The table of jobs, live, and its pages. */
import { Fragment, h, type ComponentChildren } from 'preact';
import { isFinal } from '../client/job.ts';
import { formatAddress, type Address } from './address.ts';
import type { ListedJob } from './documents.ts';
import { between, formatDuration } from './durations.ts';
import type { JobList } from './jobList.ts';
import { isRetryable, shortId } from './jobRecord.ts';
import { StatusBadge } from './statusBadge.ts';
import { useNow, useStore } from './store.ts';

export interface JobTableProps {
  readonly list: JobList;
  readonly address: Address;
  readonly onRetry: (jobId: string) => void;
  readonly onCancel: (jobId: string) => void;
  readonly onCreate: () => void;
}

export function JobTable({ list, address, onRetry, onCancel, onCreate }: JobTableProps): ComponentChildren {
  const { jobs, hasLoaded, problem, page, hasNextPage, feed } = useStore(list.store);
  const now = useNow(1000);
  const isFiltered = address.status !== undefined || address.type !== undefined;
  return h(
    Fragment,
    null,
    problem === undefined || feed === 'refused' ? null : h('p', { class: 'problem', role: 'alert' }, problem),
    h(
      'div',
      { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-label': 'Table of jobs' },
      h(
        'table',
        { class: 'jobs-table' },
        h('caption', { class: 'hidden' }, `Your jobs, newest first, page ${page}; kept up to date`),
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            headings.map(([name, kind]) => h('th', { key: name, scope: 'col', class: kind }, name)),
          ),
        ),
        h(
          'tbody',
          null,
          jobs.map((job) => h(JobRow, { key: job.jobId, job, now, address, onRetry, onCancel })),
        ),
      ),
      jobs.length > 0
        ? null
        : h(
            'div',
            { class: 'empty' },
            h('p', null, emptyText(hasLoaded, isFiltered)),
            hasLoaded && !isFiltered && feed === 'open'
              ? h('button', { type: 'button', class: 'primary', onClick: onCreate }, 'Create your first job')
              : null,
          ),
    ),
    h(
      'nav',
      { class: 'pages', 'aria-label': 'Pages' },
      h('button', { type: 'button', disabled: page === 1, onClick: () => list.turnTo('first') }, 'Newest'),
      h('button', { type: 'button', disabled: page === 1, onClick: () => list.turnTo('previous') }, '← Newer'),
      h('span', { class: 'muted' }, `Page ${page}`),
      h('button', { type: 'button', disabled: !hasNextPage, onClick: () => list.turnTo('next') }, 'Older →'),
    ),
  );
}

const headings = [
  ['Status', ''],
  ['Job', ''],
  ['Progress', 'wide-only'],
  ['Attempt', 'number wide-only'],
  ['Age', 'number'],
  ['Took', 'number wide-only'],
  ['Actions', 'actions'],
] as const;

function emptyText(hasLoaded: boolean, isFiltered: boolean): string {
  if (!hasLoaded) return 'Loading …';
  return isFiltered ? 'No job is in this state now.' : 'No jobs yet.';
}

interface JobRowProps extends Pick<JobTableProps, 'address' | 'onRetry' | 'onCancel'> {
  readonly job: ListedJob;
  readonly now: number;
}

function JobRow({ job, now, address, onRetry, onCancel }: JobRowProps): ComponentChildren {
  const { jobId, type, status, priority, attempts, createdAt, startedAt, finishedAt, version } = job;
  const isOpen = address.jobId === jobId;
  const open = (event: MouseEvent): void => {
    // A link or a button in it does its own.
    if (event.target instanceof Element && event.target.closest('a, button') !== null) return;
    location.hash = formatAddress({ ...address, jobId });
  };
  const tookMs = between(startedAt, finishedAt ?? now);
  return h(
    'tr',
    { class: isOpen ? 'is-open' : '', 'data-job': jobId, 'data-version': version, 'data-status': status, onClick: open },
    h('td', null, h(StatusBadge, { status })),
    h(
      'th',
      { scope: 'row' },
      h('a', { href: formatAddress({ ...address, jobId }), 'aria-current': isOpen ? 'true' : undefined }, type),
      h(
        'span',
        { class: 'job-id' },
        shortId(jobId),
        priority === 'NORMAL' ? null : h('span', { class: `priority is-${priority}` }, priority.toLowerCase()),
      ),
    ),
    h('td', { class: 'wide-only' }, h(ProgressBar, { job })),
    h('td', { class: 'number wide-only' }, attempts === 0 ? '–' : String(attempts)),
    h('td', { class: 'number', title: new Date(createdAt).toLocaleString() }, formatDuration(between(createdAt, now) ?? 0)),
    h('td', { class: 'number wide-only' }, tookMs === null ? '–' : formatDuration(tookMs)),
    h(
      'td',
      { class: 'actions' },
      isRetryable(job)
        ? h(
            'button',
            { type: 'button', class: 'small', onClick: () => onRetry(jobId), 'aria-label': `Retry ${type} ${shortId(jobId)}` },
            'Retry',
          )
        : null,
      isFinal(status)
        ? null
        : h(
            'button',
            { type: 'button', class: 'small', onClick: () => onCancel(jobId), 'aria-label': `Cancel ${type} ${shortId(jobId)}` },
            'Cancel',
          ),
    ),
  );
}

export function ProgressBar({ job: { status, progress } }: { readonly job: Pick<ListedJob, 'status' | 'progress'> }): ComponentChildren {
  if (status === 'SUCCEEDED') return h('span', { class: 'muted' }, '100 %');
  if (status !== 'PROCESSING') return h('span', { class: 'muted' }, '–');
  if (progress === null) return h('progress', { max: 100, 'aria-label': 'Progress' });
  return h(
    'span',
    { class: 'progress' },
    h('progress', { max: 100, value: progress, 'aria-label': 'Progress' }),
    h('span', null, `${Math.round(progress)} %`),
  );
}
