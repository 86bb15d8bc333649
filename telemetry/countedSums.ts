/**
 * Sums for a meter that reads them when metrics are collected. The SDK's own counters sort and format the attributes at each
 * call. With a dozen calls per job, that is much of what telemetry costs.
 */
import type { Attributes } from '@opentelemetry/api';

export interface CountedSums {
  add(by: number, attributes?: Attributes): void;
  /** One sum for each set of attributes, in whatever order they are given. */
  values(): Iterable<CountedSum>;
}

export interface CountedSum {
  readonly attributes: Attributes;
  readonly value: number;
}

export function createCountedSums(): CountedSums {
  const sums = new Map<string, { readonly attributes: Attributes; value: number }>();
  /** The same sums, by attributes in the given order: callers use one order. */
  const known = new Map<string, { value: number }>();

  function meet(text: string, attributes: Attributes): { value: number } {
    const key = JSON.stringify(Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const sum = sums.get(key) ?? { attributes, value: 0 };
    sums.set(key, sum);
    known.set(text, sum);
    return sum;
  }

  return {
    add(by, attributes = {}) {
      let text = '';
      for (const name in attributes) {
        const value = String(attributes[name]);
        text += `${name} ${value.length} ${value}`;
      }
      const sum = known.get(text) ?? meet(text, attributes);
      sum.value += by;
    },
    values: () => sums.values(),
  };
}
