/**
 * Handles messages in the order in which they came, in each turn of the event loop as many as fit into a time limit. A flood on
 * one socket waits, and so does its sender, while all others are served.
 */

/** The part of a WebSocket that is needed here. */
export interface Source {
  readonly OPEN: number;
  readonly readyState: number;
  pause(): void;
  resume(): void;
}

export type Receive<Socket> = (socket: Socket, text: string) => void;

export interface IntakeDeps<Socket> {
  readonly receive: Receive<Socket>;
  /** Milliseconds per turn. The work that a message starts goes on afterwards and takes about as long again. Default 10. */
  readonly shareMs?: number;
  readonly elapsed?: () => number;
}

export function createIntake<Socket extends Source>({
  receive,
  shareMs = 10,
  elapsed = () => performance.now(),
}: IntakeDeps<Socket>): Receive<Socket> {
  const waiting: { readonly socket: Socket; readonly text: string }[] = [];
  const paused = new Set<Socket>();
  /** When this turn's time ends; no turn has begun: `undefined`. */
  let endsAt: number | undefined;

  /** Whether there is time left in this turn. */
  function hasTime(): boolean {
    const now = elapsed();
    if (endsAt !== undefined) return now < endsAt;
    endsAt = now + shareMs;
    setImmediate(nextTurn);
    return true;
  }

  function nextTurn(): void {
    endsAt = undefined;
    let taken = 0;
    while (taken < waiting.length && hasTime()) {
      const next = waiting[taken];
      taken += 1;
      if (next !== undefined) take(next.socket, next.text);
    }
    waiting.splice(0, taken);
    if (waiting.length > 0) return;
    for (const socket of paused) if (socket.readyState === socket.OPEN) socket.resume();
    paused.clear();
  }

  /** Messages that were on their way when a socket was asked to close are dropped. */
  function take(socket: Socket, text: string): void {
    if (socket.readyState === socket.OPEN) receive(socket, text);
  }

  return (socket, text) => {
    if (waiting.length === 0 && hasTime()) return take(socket, text);
    waiting.push({ socket, text });
    // Its socket is not read any further: only messages that had come already wait.
    socket.pause();
    paused.add(socket);
  };
}
