/** The depths of the queues, requested while the page is visible. Only for callers who may see them. */
import { signal, type ReadonlySignal } from '@preact/signals-core';

export interface QueueSample {
  readonly queue: string;
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

export interface QueueGauge {
  /** The last minute, oldest first; each with all queues. Empty where they are not shown. */
  readonly samples: ReadonlySignal<readonly (readonly QueueSample[])[]>;
  follow(signal: AbortSignal): Promise<void>;
}

const sampleEveryMs = 2000;
export const maxSamples = 31;

export function createQueueGauge(token: () => string | undefined): QueueGauge {
  const samples = signal<readonly (readonly QueueSample[])[]>([]);

  /** False where this caller may not see them. */
  async function sample(signal: AbortSignal): Promise<boolean> {
    const current = token();
    const headers = current === undefined ? {} : { authorization: `Bearer ${current}` };
    const response = await fetch('/dashboard/queues', { headers, signal });
    if (response.status === 401 || response.status === 403) return false;
    if (response.ok) {
      const sample = samplesOf(await response.json());
      samples.value = [...samples.peek(), sample].slice(-maxSamples);
    }
    return true;
  }

  return {
    samples,
    async follow(signal) {
      while (!signal.aborted) {
        // Elsewhere the page shows that a server is away.
        const goOn = document.hidden || (await sample(signal).catch(() => true));
        if (!goOn) {
          samples.value = [];
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, sampleEveryMs));
      }
    },
  };
}

function samplesOf(body: unknown): readonly QueueSample[] {
  const queues = typeof body === 'object' && body !== null && 'queues' in body && Array.isArray(body.queues) ? body.queues : [];
  return queues.filter(isSample);
}

function isSample(value: unknown): value is QueueSample {
  if (typeof value !== 'object' || value === null || !('queue' in value) || typeof value.queue !== 'string') return false;
  return ['visible', 'inFlight', 'delayed'].every((name) => typeof Reflect.get(value, name) === 'number');
}
