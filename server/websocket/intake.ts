/**
 * Messages in the order they came, as many a turn of the event loop as fit into their share of it: a flood on one socket
 * waits, and so does its sender, while everybody else is served.
 */

/** As much as is needed of a WebSocket. */
export interface Source {
  readonly OPEN: number;
  readonly readyState: number;
  pause(): void;
  resume(): void;
}

export type Receive<Socket> = (socket: Socket, text: string) => void;

export interface IntakeDeps<Socket> {
  readonly receive: Receive<Socket>;
  /** Of a turn. What a message begins goes on behind it, and takes about as long again. Default 10. */
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
  /** When the turn is used up; none has begun: `undefined`. */
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

  /** What was on its way when a socket was told to close is nobody's any more. */
  function take(socket: Socket, text: string): void {
    if (socket.readyState === socket.OPEN) receive(socket, text);
  }

  return (socket, text) => {
    if (waiting.length === 0 && hasTime()) return take(socket, text);
    waiting.push({ socket, text });
    // Its wire is read no further: what waits is what had come already.
    socket.pause();
    paused.add(socket);
  };
}
