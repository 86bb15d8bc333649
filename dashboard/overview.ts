/** The queues' depths and the throughput, live, at a glance. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { Chart } from './chart.ts';
import type { Address } from './address.ts';
import type { Insights } from './insights.ts';
import { LongestWaits } from './longestWaits.ts';
import type { JobList } from './jobList.ts';
import { maxSamples, type QueueGauge, type QueueSample } from './queueGauge.ts';
import { perSecond } from './throughput.ts';
import { useNow } from './useNow.ts';

const queueNames: Readonly<Record<string, string>> = { HIGH: 'High', NORMAL: 'Normal', LOW: 'Low', DEAD_LETTER: 'Dead letters' };
const seconds = 61;

export interface OverviewProps {
  readonly gauge: QueueGauge;
  readonly list: JobList;
  readonly insights: Pick<Insights, 'waits'>;
  readonly address: Address;
}

export function Overview({ gauge, list, insights, address }: OverviewProps): ComponentChildren {
  const samples = gauge.samples.value;
  return html`<section class="overview" aria-label="Overview">
    ${samples.at(-1)?.map((latest) => html`<${Queue} key=${latest.queue} latest=${latest} samples=${samples} />`)}
    <${LongestWaits} insights=${insights} address=${address} />
    <${Throughput} list=${list} />
  </section>`;
}

interface QueueProps {
  readonly latest: QueueSample;
  readonly samples: readonly (readonly QueueSample[])[];
}

function Queue({ latest: { queue, visible, inFlight, delayed }, samples }: QueueProps): ComponentChildren {
  const of = (name: 'visible' | 'inFlight'): readonly number[] =>
    samples.map((sample) => sample.find((row) => row.queue === queue)?.[name] ?? 0);
  const name = queueNames[queue] ?? queue;
  const isDead = queue === 'DEAD_LETTER';
  return html`<article class=${isDead && visible > 0 ? 'gauge card is-alarming' : 'gauge card'}>
    <h2>${name}</h2>
    <p class="figure">${visible}<span class="unit">${' waiting'}</span></p>
    <p class="muted">${`${inFlight} in flight${delayed > 0 ? `, ${delayed} delayed` : ''}`}</p>
    <${Chart}
      slots=${maxSamples}
      label=${`Queue ${name} over the last minute: ${visible} waiting, ${inFlight} in flight`}
      empty=${isDead ? 'Fills when messages are given up.' : 'Fills when jobs wait or run.'}
      rows=${[
        { kind: 'area', values: of('inFlight') },
        { kind: 'line', values: of('visible') },
      ]}
    />
  </article>`;
}

function Throughput({ list }: { readonly list: JobList }): ComponentChildren {
  const now = useNow(1000);
  const counts = perSecond(list.activity.finishes.value, { now, seconds });
  const sum = (name: 'succeeded' | 'failed'): number => counts.reduce((total, count) => total + count[name], 0);
  const [succeeded, failed] = [sum('succeeded'), sum('failed')];
  const rate = (succeeded + failed) / (seconds - 1);
  return html`<article class="gauge card throughput">
    <h2>${`${list.whose.owner === undefined ? 'Your jobs' : `Jobs of ${list.whose.owner}`}, last minute`}</h2>
    <p class="figure">
      ${rate >= 10 ? rate.toFixed(0) : rate.toFixed(rate === 0 ? 0 : 1)}<span class="unit">${' finished per second'}</span>
    </p>
    <p class="muted">${`${succeeded} succeeded, ${failed} failed`}</p>
    <${Chart}
      slots=${seconds}
      label=${`Throughput over the last minute: ${succeeded} succeeded, ${failed} failed`}
      empty="Fills as jobs end, one bar a second."
      rows=${[
        { kind: 'good', values: counts.map((count) => count.succeeded) },
        { kind: 'bad', values: counts.map((count) => count.failed) },
      ]}
    />
  </article>`;
}
