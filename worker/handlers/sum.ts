/** Sums of many decimal fractions that stay right to 15 digits: ten times 0.1 is 1. */

export interface Sum {
  total: number;
  /** What rounding has lost so far (Neumaier's variant of Kahan's summation). */
  lost: number;
}

export function emptySum(): Sum {
  return { total: 0, lost: 0 };
}

export function addTo(sum: Sum, value: number): void {
  const next = sum.total + value;
  sum.lost += Math.abs(sum.total) >= Math.abs(value) ? sum.total - next + value : value - next + sum.total;
  sum.total = next;
}

/** Not finite when the sum is beyond what a number can hold. */
export function valueOf({ total, lost }: Sum): number {
  return Number((total + lost).toPrecision(15));
}
