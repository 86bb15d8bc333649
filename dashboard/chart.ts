/** A small chart of one or two rows of numbers over the last minute. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';

export interface Row {
  /** Oldest first. */
  readonly values: readonly number[];
  /** Good, bad and open values are stacked as bars. */
  readonly kind: 'line' | 'area' | 'good' | 'bad' | 'open';
}

export interface ChartProps {
  readonly rows: readonly Row[];
  /** How many values fill the whole width; newer ones come in from the right. */
  readonly slots: number;
  /** What it shows, in words. */
  readonly label: string;
  /** Shown while there is no data: what would fill the chart. */
  readonly empty: string;
}

const width = 200;
const height = 44;
const top = 3;

export function Chart({ rows, slots, label, empty }: ChartProps): ComponentChildren {
  const isStacked = rows.every(({ kind }) => kind !== 'line' && kind !== 'area');
  const sums = rows[0]?.values.map((_, index) => rows.reduce((sum, { values }) => sum + (values[index] ?? 0), 0)) ?? [];
  const most = Math.max(1, ...(isStacked ? sums : rows.flatMap(({ values }) => values)));
  const yOf = (value: number): number => height - 1 - (value / most) * (height - top - 1);
  const shapeOf = ({ values, kind }: Row, index: number): string => {
    const below = rows.slice(0, index).map((row) => row.values);
    if (isStacked) return barsOf(values, { below, slots, yOf });
    const points = values.map((value, at) => [xOf(at, values.length, slots), yOf(value)] as const);
    return kind === 'line' ? lineOf(points) : areaOf(points);
  };
  const drawn = rows.filter(({ values }) => values.some((value) => value > 0));
  if (drawn.length === 0) return html`<p class="chart-empty">${empty}</p>`;
  return html`<svg class="chart" viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label=${label}>
    <line class="is-base" x1="0" x2=${width} y1=${height - 0.5} y2=${height - 0.5} />
    ${drawn.map(
      (row) =>
        html`<path key=${row.kind} class=${`is-${row.kind}`} d=${shapeOf(row, rows.indexOf(row))} vector-effect="non-scaling-stroke" />`,
    )}
  </svg>`;
}

/** The newest at the right edge. */
function xOf(index: number, count: number, slots: number): number {
  return width - (count - 1 - index) * (width / (slots - 1));
}

interface Bars {
  readonly below: readonly (readonly number[])[];
  readonly slots: number;
  yOf(value: number): number;
}

/** One vertical bar per value, on top of the rows below. */
function barsOf(values: readonly number[], { below, slots, yOf }: Bars): string {
  const barWidth = (width / (slots - 1)) * 0.7;
  return values
    .map((value, index) => {
      if (value === 0) return '';
      const base = below.reduce((sum, row) => sum + (row[index] ?? 0), 0);
      const x = xOf(index, values.length, slots) - barWidth;
      return `M${x.toFixed(1)} ${yOf(base).toFixed(1)}V${yOf(base + value).toFixed(1)}h${barWidth.toFixed(1)}V${yOf(base).toFixed(1)}Z`;
    })
    .join('');
}

type Points = readonly (readonly [x: number, y: number])[];

function lineOf(points: Points): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

function areaOf(points: Points): string {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return '';
  return `${lineOf(points)}L${last[0].toFixed(1)} ${height}L${first[0].toFixed(1)} ${height}Z`;
}
