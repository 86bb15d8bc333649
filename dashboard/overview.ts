/** The queues' depths and the throughput, live, at a glance. */
import { h, type ComponentChildren } from 'preact';
import { Chart } from './chart.ts';
import type { JobList } from './jobList.ts';
import { maxSamples, type QueueGauge } from './queueGauge.ts';
import { useNow, useStore } from './store.ts';
import { perSecond } from './throughput.ts';

const queueNames: Readonly<Record<string, string>> = { HIGH: 'High', NORMAL: 'Normal', LOW: 'Low', DEAD_LETTER: 'Dead letters' };
const seconds = 61;

export interface OverviewProps {
  readonly gauge: QueueGauge;
  readonly list: JobList;
}

export function Overview({ gauge, list }: OverviewProps): ComponentChildren {
  const { samples } = useStore(gauge.store);
  const latest = samples.at(-1) ?? [];
  return h(
    'section',
    { class: 'overview', 'aria-label': 'Overview' },
    latest.map(({ queue, visible, inFlight, delayed }) => {
      const of = (name: 'visible' | 'inFlight'): readonly number[] =>
        samples.map((sample) => sample.find((row) => row.queue === queue)?.[name] ?? 0);
      const name = queueNames[queue] ?? queue;
      const isAlarming = queue === 'DEAD_LETTER' && visible > 0;
      return h(
        'article',
        { key: queue, class: isAlarming ? 'gauge card is-alarming' : 'gauge card' },
        h('h2', null, name),
        h('p', { class: 'figure' }, String(visible), h('span', { class: 'unit' }, ' waiting')),
        h('p', { class: 'muted' }, `${inFlight} in flight${delayed > 0 ? `, ${delayed} delayed` : ''}`),
        h(Chart, {
          slots: maxSamples,
          label: `Queue ${name} over the last minute: ${visible} waiting, ${inFlight} in flight`,
          rows: [
            { kind: 'area', values: of('inFlight') },
            { kind: 'line', values: of('visible') },
          ],
        }),
      );
    }),
    h(Throughput, { list }),
  );
}

function Throughput({ list }: { readonly list: JobList }): ComponentChildren {
  const now = useNow(1000);
  const counts = perSecond(list.activity.finishes(), { now, seconds });
  const sum = (name: 'succeeded' | 'failed'): number => counts.reduce((total, count) => total + count[name], 0);
  const [succeeded, failed] = [sum('succeeded'), sum('failed')];
  const rate = (succeeded + failed) / (seconds - 1);
  return h(
    'article',
    { class: 'gauge card throughput' },
    h('h2', null, 'Your jobs, last minute'),
    h(
      'p',
      { class: 'figure' },
      rate >= 10 ? rate.toFixed(0) : rate.toFixed(rate === 0 ? 0 : 1),
      h('span', { class: 'unit' }, ' finished per second'),
    ),
    h('p', { class: 'muted' }, `${succeeded} succeeded, ${failed} failed`),
    h(Chart, {
      slots: seconds,
      label: `Throughput over the last minute: ${succeeded} succeeded, ${failed} failed`,
      rows: [
        { kind: 'good', values: counts.map((count) => count.succeeded) },
        { kind: 'bad', values: counts.map((count) => count.failed) },
      ],
    }),
  );
}
