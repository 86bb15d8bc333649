/** What happened to the caller's jobs since the page was opened, newest first. */
import { h, type ComponentChildren } from 'preact';
import { formatAddress, type Address } from './address.ts';
import { timeOfDay } from './durations.ts';
import type { JobList } from './jobList.ts';
import { shortId } from './jobRecord.ts';
import { StatusBadge } from './statusBadge.ts';
import { useStore } from './store.ts';

const shown = 60;

export interface ActivityListProps {
  readonly list: JobList;
  readonly address: Address;
}

export function ActivityList({ list, address }: ActivityListProps): ComponentChildren {
  useStore(list.store);
  const transitions = list.activity.latest().slice(0, shown);
  return h(
    'aside',
    { class: 'aside card', 'aria-labelledby': 'activity-title' },
    h('h2', { id: 'activity-title' }, 'Activity'),
    transitions.length === 0 ? h('p', { class: 'muted' }, 'Each change of status appears here as it happens.') : null,
    h(
      'ol',
      { class: 'activity' },
      transitions.map(({ jobId, version, status, at, error, isRecovered }) =>
        h(
          'li',
          { key: `${jobId} ${version}`, 'data-job': jobId, 'data-version': version },
          h('time', { dateTime: at }, timeOfDay(at)),
          h(StatusBadge, { status }),
          h(
            'a',
            { href: formatAddress({ ...address, jobId }) },
            list.find(jobId)?.type ?? 'job',
            ' ',
            h('span', { class: 'job-id' }, shortId(jobId)),
          ),
          isRecovered ? h('span', { class: 'tag', title: 'Missed live and read from the job’s history' }, 'caught up') : null,
          error === null ? null : h('p', { class: 'activity-error' }, error.message),
        ),
      ),
    ),
  );
}
