/** Medians and percentiles, and the format of figures. */

/** @throws {RangeError} for no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  if (value === undefined) throw new RangeError('no values');
  return value;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The median of the ratios of figures that were measured side by side, round by round. */
export function medianRatio(values: readonly number[], floors: readonly number[]): number {
  return median(values.map((value, round) => value / (floors[round] ?? NaN)));
}

/** Three significant digits: more would be noise. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

/** Milliseconds of the machine's monotonic clock, which all its processes share. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;
