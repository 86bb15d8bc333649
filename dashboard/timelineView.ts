/** A job's timeline, drawn from its history: how long it waited and worked, and each change of its status. */
import { h, type ComponentChildren } from 'preact';
import { isFinal } from '../client/job.ts';
import type { ListedJob } from './documents.ts';
import { between, formatDuration, timeOfDay } from './durations.ts';
import { StatusBadge, statusNames } from './statusBadge.ts';
import { useNow } from './store.ts';
import { stretchesOf } from './timeline.ts';

const barWidth = 1000;

export function Timeline({ job }: { readonly job: ListedJob }): ComponentChildren {
  const now = useNow(isFinal(job.status) ? 60_000 : 250);
  const stretches = stretchesOf(job, now);
  let x = 0;
  const spoken = stretches.map(({ status, ms }) => `${statusNames[status]} ${formatDuration(ms)}`).join(', ');
  return h(
    'section',
    { class: 'timeline' },
    h('h3', null, 'Timeline'),
    h(
      'svg',
      { class: 'bar', viewBox: `0 0 ${barWidth} 12`, preserveAspectRatio: 'none', role: 'img', 'aria-label': spoken },
      stretches.map(({ version, status, ms, share }) => {
        const width = share * barWidth;
        x += width;
        return h(
          'rect',
          { key: version, class: `is-${status}`, x: x - width, width: Math.max(1, width - 3), y: 0, height: 12, rx: 3 },
          h('title', null, `${statusNames[status]}: ${formatDuration(ms)}`),
        );
      }),
    ),
    h(
      'ol',
      { class: 'history' },
      job.history.map(({ version, status, at, attempt, error }, index) => {
        const sinceMs = between(job.history[index - 1]?.at, at);
        return h(
          'li',
          { key: version, class: `is-${status}`, 'data-version': version },
          h(
            'div',
            { class: 'row' },
            h(StatusBadge, { status }),
            attempt > 0 && status !== 'PENDING' ? h('span', { class: 'muted' }, `attempt ${attempt}`) : null,
            h('span', { class: 'spacer' }),
            sinceMs === null ? null : h('span', { class: 'muted' }, `+${formatDuration(sinceMs)}`),
            h('time', { dateTime: at, title: new Date(at).toLocaleString() }, timeOfDay(at)),
          ),
          error === null ? null : h('p', { class: 'activity-error' }, `${error.code}: ${error.message}`),
        );
      }),
    ),
  );
}
