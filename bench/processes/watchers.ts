/** The clients: many watchers in one process that only count what they receive. */
import { z } from 'zod';
import { serveCommands } from '../support/child.ts';
import { openRawSocket, type RawSocket } from '../support/rawSocket.ts';
import { machineMs } from '../support/statistics.ts';

const connectRequest = z.object({
  url: z.string(),
  /** The protocol. `usual` has no first event, so its pong shows that it has subscribed. */
  speaks: z.enum(['graphql', 'usual', 'bare', 'nothing']),
  /** One watcher each; or all watch the only one. */
  jobIds: z.array(z.string()),
  watchers: z.number(),
  perSocket: z.number().default(1),
  localAddress: z.string().optional(),
});
type ConnectRequest = z.infer<typeof connectRequest>;

const fields = 'jobId version status previousStatus attempt at error { code message attempt at } progress recovered';
const query = `subscription ($jobId: ID!) { jobStatusChanged(jobId: $jobId) { ${fields} } }`;

const sockets: RawSocket[] = [];
let frames = 0;
let bytes = 0;
let lastAt = 0;
let sample = '';
/** The arrival of each frame, where that was requested. */
let arrivals: number[] | undefined;
let awaited: { readonly total: number; resolve(): void } | undefined;

function count(chunk: Buffer, start: number, end: number): void {
  frames += 1;
  bytes += end - start;
  if (arrivals !== undefined) arrivals.push(machineMs());
  if (awaited === undefined) sample = chunk.toString('utf8', start, end);
  else if (frames >= awaited.total) {
    lastAt = machineMs();
    awaited.resolve();
    awaited = undefined;
  }
}

async function connect({ url, speaks, jobIds, watchers, perSocket, localAddress }: ConnectRequest): Promise<void> {
  const jobIdOf = (watcher: number): string => jobIds[jobIds.length === 1 ? 0 : watcher] ?? '';
  const next = Array.from({ length: Math.ceil(watchers / perSocket) }, (_, socket) => socket * perSocket).values();
  const openSome = async (): Promise<void> => {
    for (const first of next) {
      const mine = Array.from({ length: Math.min(perSocket, watchers - first) }, (_, index) => jobIdOf(first + index));
      sockets.push(await openWatchers({ url, speaks, localAddress }, mine));
    }
  };
  await Promise.all(Array.from({ length: 50 }, openSome));
}

/** Resolves when each has subscribed. */
async function openWatchers(
  { url, speaks, localAddress }: Pick<ConnectRequest, 'url' | 'speaks' | 'localAddress'>,
  jobIds: readonly string[],
): Promise<RawSocket> {
  const isGraphql = speaks === 'graphql' || speaks === 'usual';
  const subscribed = Promise.withResolvers<void>();
  let handshake = jobIds.length + (isGraphql ? 1 : 0);
  const socket = await openRawSocket({
    url: isGraphql ? `${url}/graphql` : url,
    subprotocol: isGraphql ? 'graphql-transport-ws' : undefined,
    localAddress,
    onText(chunk, start, end) {
      if (handshake === 0) return count(chunk, start, end);
      handshake -= 1;
      if (isGraphql && handshake === jobIds.length) subscribe();
      if (handshake === 0) subscribed.resolve();
    },
  });
  const subscribe = (): void => {
    for (const [index, jobId] of jobIds.entries()) {
      if (!isGraphql) socket.send(jobId);
      else socket.send(JSON.stringify({ id: String(index), type: 'subscribe', payload: { query, variables: { jobId } } }));
      if (speaks === 'usual') socket.send('{"type":"ping"}');
    }
  };
  if (speaks === 'nothing') return socket;
  if (isGraphql) socket.send('{"type":"connection_init"}');
  else subscribe();
  await subscribed.promise;
  return socket;
}

serveCommands({
  connect: (request) => connect(connectRequest.parse(request)),
  /** Resets the counts. */
  start(request) {
    frames = 0;
    bytes = 0;
    arrivals = z.object({ keepsArrivals: z.boolean().default(false) }).parse(request).keepsArrivals ? [] : undefined;
  },
  /** Answers when so many frames have come since. */
  async reached(request) {
    const { total } = z.object({ total: z.number() }).parse(request);
    if (frames < total) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      awaited = { total, resolve };
      const timer = setTimeout(() => reject(new Error(`${frames} of ${total} frames came within a minute`)), 60_000);
      await promise;
      clearTimeout(timer);
    }
    return { at: lastAt, frames, bytes };
  },
  arrivals: () => arrivals ?? [],
  sample: () => sample,
  disconnect() {
    for (const socket of sockets.splice(0)) socket.destroy();
  },
});
