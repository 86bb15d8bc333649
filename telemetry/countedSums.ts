/**
 * Sums of what is counted, for a meter that reads them when metrics are collected. The SDK's own counters sort and spell
 * out the attributes at each call, which for a dozen calls a job is much of what telemetry costs.
 */
import type { Attributes } from '@opentelemetry/api';

export interface CountedSums {
  add(by: number, attributes?: Attributes): void;
  /** One for each set of attributes, in whatever order they were named. */
  values(): Iterable<CountedSum>;
}

export interface CountedSum {
  readonly attributes: Attributes;
  readonly value: number;
}

export function createCountedSums(): CountedSums {
  const sums = new Map<string, { readonly attributes: Attributes; value: number }>();
  /** The same sums, by attributes as they come: who counts names them in one order. */
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
