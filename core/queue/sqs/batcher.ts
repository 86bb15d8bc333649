/**
 * Combines single calls into batches. An eager batcher adds no delay when nothing is in flight: a call is sent at once if no
 * batch is in flight; otherwise it waits for the one in flight, for a full batch, or for `lingerMs`, whichever comes first. A
 * batcher that is not eager waits for a full batch or for `lingerMs`.
 */

export interface BatcherOptions<Entry> {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly lingerMs: number;
  readonly isEager: boolean;
  sizeOf(entry: Entry): number;
  /** Returns one outcome per entry, in order: `undefined` for success, or the error. If it throws, every entry fails. */
  send(entries: readonly Entry[]): Promise<readonly (Error | undefined)[]>;
}

export interface Batcher<Entry> {
  /** Resolves when this entry's own outcome is known; rejects with this entry's own error. */
  add(entry: Entry): Promise<void>;
}

interface Waiting<Entry> {
  readonly entry: Entry;
  resolve(): void;
  reject(error: unknown): void;
}

export function createBatcher<Entry>({ maxEntries, maxBytes, lingerMs, isEager, sizeOf, send }: BatcherOptions<Entry>): Batcher<Entry> {
  let waiting: Waiting<Entry>[] = [];
  let waitingBytes = 0;
  let inFlight = 0;
  let linger: NodeJS.Timeout | undefined;
  let isFlushing = false;

  function flush(): void {
    clearTimeout(linger);
    linger = undefined;
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    waitingBytes = 0;
    inFlight += 1;
    void sendBatch(batch);
  }

  /** Sends it together with everything that is added synchronously from here on. */
  function flushSoon(): void {
    if (isFlushing) return;
    isFlushing = true;
    process.nextTick(() => {
      isFlushing = false;
      flush();
    });
  }

  async function sendBatch(batch: readonly Waiting<Entry>[]): Promise<void> {
    try {
      const outcomes = await send(batch.map(({ entry }) => entry));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const error = outcomes[index];
        if (error === undefined) resolve();
        else reject(error);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      inFlight -= 1;
      if (isEager) flush();
    }
  }

  return {
    add(entry) {
      return new Promise((resolve, reject) => {
        const bytes = sizeOf(entry);
        if (waitingBytes + bytes > maxBytes) flush();
        waiting.push({ entry, resolve, reject });
        waitingBytes += bytes;
        if (waiting.length >= maxEntries) flush();
        else if (isEager && inFlight === 0) flushSoon();
        else linger ??= setTimeout(flush, lingerMs);
      });
    },
  };
}
