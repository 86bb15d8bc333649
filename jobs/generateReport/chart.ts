/** A column chart in HTML and CSS: the browser, which has the fonts, measures the labels and makes room for them. */
import { compareAbsolute, shareOf, zero, type Decimal } from './decimal.ts';
import type { Group } from './groups.ts';
import { amountHtml, countHtml, escapeHtml, isolated } from './html.ts';

interface ChartData {
  readonly groupBy: string;
  readonly value: string;
  /** The number of all groups. */
  readonly groups: number;
  /** The groups with a column of their own. */
  readonly top: readonly Group[];
  readonly others: { readonly groups: number; readonly total: Decimal };
}

/** Up to this many, labels are below their columns, side by side; with more they are vertical. */
const maxLevelLabels = 8;
const plotRem = 16;

/** Columns start at zero, wherever that is: negative totals point down. */
export function chartHtml({ groupBy, value, groups, top, others }: ChartData): string {
  if (top.length === 0) return '';
  const bars = top.map(({ name, total }) => ({ label: isolated(name), total }));
  if (others.groups > 0)
    bars.push({ label: `<em>${countHtml(others.groups)} other${others.groups === 1 ? '' : 's'}</em>`, total: others.total });
  const highest = largest(bars.filter(({ total }) => total.units > 0n));
  const lowest = largest(bars.filter(({ total }) => total.units < 0n));
  const scale = compareAbsolute(highest, lowest) > 0 ? highest : lowest;
  const [up, down] = [shareOf(highest, scale), shareOf(lowest, scale)];
  const rem = (share: number): string => `${((plotRem * share) / (up + down || 1)).toFixed(2)}rem`;
  const columns = bars.map(({ label, total }) => {
    const isLoss = total.units < 0n;
    const bar = `<span class="bar" style="height:${(100 * shareOf(total, isLoss ? lowest : highest)).toFixed(2)}%"></span>`;
    return `<div class="gain">${isLoss ? '' : bar}</div><div class="loss">${isLoss ? bar : ''}</div><div class="number">${amountHtml(total)}</div><div class="name">${label}</div>`;
  });
  const which =
    others.groups > 0 ? `${countHtml(top.length)} of ${countHtml(groups)} groups, the rest summed` : `all ${countHtml(groups)} groups`;
  const says = `A column chart of ${which}; the table below has the numbers.`;
  return `<figure>
<figcaption>${isolated(value)} by ${isolated(groupBy)}: ${which}</figcaption>
<div class="scroll"><div class="chart ${bars.length > maxLevelLabels ? 'upright' : 'level'}" role="img" aria-label="${escapeHtml(says)}" style="grid-template-rows:${rem(up)} ${rem(down)} auto auto">
${columns.join('\n')}
</div></div>
</figure>`;
}

function largest(bars: readonly { readonly total: Decimal }[]): Decimal {
  return bars.reduce((most, { total }) => (compareAbsolute(total, most) > 0 ? total : most), zero);
}

export const chartStyles = `
figure { margin: 1.5rem 0; }
figcaption { font-weight: 600; padding-bottom: 0.5rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
.chart { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(min-content, 1fr); column-gap: 0.4rem; padding-bottom: 0.5rem; }
.chart > div { min-width: 1.4rem; }
.chart .gain { display: flex; align-items: flex-end; border-bottom: 1px solid var(--line); margin-inline: -0.2rem; padding-inline: 0.2rem; }
.chart .loss { display: flex; align-items: flex-start; margin-inline: -0.2rem; padding-inline: 0.2rem; }
.bar { width: 100%; max-width: 4rem; min-height: 1px; margin-inline: auto; }
.gain .bar { background: var(--bar); border-radius: 2px 2px 0 0; }
.loss .bar { background: var(--loss); border-radius: 0 0 2px 2px; }
.chart .number { font-size: 0.8rem; font-variant-numeric: tabular-nums; white-space: nowrap; padding-top: 0.4rem; text-align: center; }
.chart .name { font-size: 0.8rem; overflow-wrap: anywhere; padding-top: 0.3rem; text-align: center; }
.chart.level .name { min-width: 4rem; }
.chart.upright .number, .chart.upright .name { writing-mode: vertical-rl; justify-self: center; text-align: start; }
.chart.upright .name { max-height: 20rem; padding-top: 0.8rem; }
`;
