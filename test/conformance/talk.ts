/** One conversation over a WebSocket, step by step. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

export type Step =
  /** An object is sent as JSON, a text as it is. */
  | { readonly say: object | string }
  | { readonly sayBytes: Buffer; readonly as: 'text' | 'binary' }
  /** As so many frames as there are pieces. */
  | { readonly sayInPieces: readonly string[] }
  /** The next messages, in this order; each has to match. */
  | { readonly hear: object }
  | { readonly closed: number; readonly reason?: string }
  | { readonly close: number }
  | { readonly act: () => Promise<unknown> }
  /** Further steps, known only at that point. */
  | { readonly goOn: () => readonly Step[] };

export interface Talker {
  /** The next message, or how the socket was closed instead. */
  hear(): Promise<unknown>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly socket: WebSocket;
}

export async function openTalk(url: string, protocols: readonly string[] = ['graphql-transport-ws']): Promise<Talker> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, [...protocols]);
  socket.on('error', () => undefined);
  const heard: unknown[] = [];
  socket.on('message', (data: Buffer) => {
    heard.push(JSON.parse(data.toString()));
    socket.emit('heard');
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code: number, reason: Buffer) => resolve({ code, reason: reason.toString() })),
  );
  await Promise.race([new Promise((resolve) => socket.once('open', resolve)), closed]);
  return {
    socket,
    closed,
    async hear() {
      while (heard.length === 0) {
        const ending = await Promise.race([once(socket, 'heard').then(() => undefined), closed]);
        if (ending !== undefined && heard.length === 0) return { closed: ending };
      }
      return heard.shift();
    },
  };
}

export function say(
  { socket }: Talker,
  step: Exclude<Step, { hear: object } | { closed: number } | { act: unknown } | { goOn: unknown }>,
): void {
  if ('close' in step) return socket.close(step.close);
  if ('sayBytes' in step) return socket.send(step.sayBytes, { binary: step.as === 'binary' });
  if ('sayInPieces' in step) {
    for (const [index, piece] of step.sayInPieces.entries()) socket.send(piece, { fin: index === step.sayInPieces.length - 1 });
    return undefined;
  }
  return socket.send(typeof step.say === 'string' ? step.say : JSON.stringify(step.say));
}
