/** The depths of the queues, asked for while the page is looked at. Those who may not know get none. */
import { createStore, type Store } from './store.ts';

export interface QueueSample {
  readonly queue: string;
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

export interface QueueGaugeState {
  /** The last minute, oldest first; each with all queues. Empty where they are not shown. */
  readonly samples: readonly (readonly QueueSample[])[];
}

export interface QueueGauge {
  readonly store: Store<QueueGaugeState>;
  follow(signal: AbortSignal): Promise<void>;
}

const sampleEveryMs = 2000;
export const maxSamples = 31;

export function createQueueGauge(token: () => string | undefined): QueueGauge {
  const store = createStore<QueueGaugeState>({ samples: [] });

  /** False where it is not ours to know. */
  async function sample(signal: AbortSignal): Promise<boolean> {
    const current = token();
    const headers = current === undefined ? {} : { authorization: `Bearer ${current}` };
    const response = await fetch('/dashboard/queues', { headers, signal });
    if (response.status === 401 || response.status === 403) return false;
    if (response.ok) store.set({ samples: [...store.get().samples, samplesOf(await response.json())].slice(-maxSamples) });
    return true;
  }

  return {
    store,
    async follow(signal) {
      while (!signal.aborted) {
        // A server that is away says so elsewhere on the page.
        const goOn = document.hidden || (await sample(signal).catch(() => true));
        if (!goOn) return store.set({ samples: [] });
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
