/** A page without a browser for React to render into, and a client whose messages are recorded. */
import { Window } from 'happy-dom';
import { createJobTickets, type ConnectionOptions, type JobTickets } from 'job-tickets-client';
import { z } from 'zod';
import type { JobTypes } from '../docs/examples/jobTypes.d.ts';

/** Before React's renderer is loaded. */
export function openPage(): void {
  const window = new Window({ url: 'http://127.0.0.1/' });
  Object.assign(globalThis, { window, document: window.document });
}

const sentMessage = z.object({
  type: z.string(),
  id: z.string().optional(),
  payload: z.object({ query: z.string(), variables: z.record(z.string(), z.unknown()).default({}) }).optional(),
});

export interface WatchedClient extends AsyncDisposable {
  readonly client: JobTickets<JobTypes>;
  /** All messages that were sent, except pings. */
  sent(): readonly z.infer<typeof sentMessage>[];
  /** Variables of the operations of that name, oldest first. */
  asked(name: string): readonly Readonly<Record<string, unknown>>[];
  /** Watches that were begun, and ended neither by the page nor by the server. */
  openWatches(): number;
  openSockets(): number;
}

export function openClient(url: string, options: Partial<ConnectionOptions> = {}): WatchedClient {
  const sent: z.infer<typeof sentMessage>[] = [];
  const watches = new Set<string>();
  let sockets = 0;

  class NotedSocket extends WebSocket {
    constructor(address: string | URL, protocols: string | string[]) {
      super(address, protocols);
      sockets += 1;
      this.addEventListener('close', () => {
        sockets -= 1;
        watches.clear();
      });
      this.addEventListener('message', ({ data }: MessageEvent<string>) => {
        const { type, id = '' } = z.object({ type: z.string(), id: z.string().optional() }).parse(JSON.parse(data));
        if (type === 'complete' || type === 'error') watches.delete(id);
      });
    }

    override send(data: string): void {
      const message = sentMessage.safeParse(JSON.parse(data)).data ?? { type: 'other' };
      if (message.type !== 'ping' && message.type !== 'pong') sent.push(message);
      if (message.type === 'subscribe' && /^\s*subscription/.test(message.payload?.query ?? '')) watches.add(message.id ?? '');
      if (message.type === 'complete') watches.delete(message.id ?? '');
      super.send(data);
    }
  }

  const client = createJobTickets<JobTypes>({ url: `${url}/graphql`, maxWaitMs: 300, keepMs: 100, webSocket: NotedSocket, ...options });
  return {
    client,
    sent: () => [...sent],
    asked: (name) =>
      sent.flatMap(({ type, payload }) =>
        type === 'subscribe' && payload?.query.includes(` ${name}(`) === true ? [payload.variables] : [],
      ),
    openWatches: () => watches.size,
    openSockets: () => sockets,
    [Symbol.asyncDispose]: () => client.close(),
  };
}
