/** Caches parsed documents, and what is compiled from them: a repeated operation is parsed, validated and compiled once. */

export interface DocumentCache<Value> {
  get(key: string): Value | undefined;
  /** An entry larger than the whole cache is not kept. */
  set(key: string, value: Value, weight?: number): void;
}

/** Clients have few documents; strangers may send any number. The least recently used ones are dropped. */
export function createDocumentCache<Value>(maxWeight = 100): DocumentCache<Value> {
  const entries = new Map<string, { readonly value: Value; readonly weight: number }>();
  let total = 0;

  function forget(key: string): void {
    total -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  }

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, weight = 1) {
      forget(key);
      if (weight > maxWeight) return;
      entries.set(key, { value, weight });
      total += weight;
      for (const oldest of entries.keys()) {
        if (total <= maxWeight) break;
        forget(oldest);
      }
    },
  };
}
