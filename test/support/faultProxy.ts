/**
 * A TCP proxy that breaks connections on purpose: refuses them, leaves them half-open, slows them down, resets them, or
 * holds what a client said until the test has done what it wants to do in that moment.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './freePort.ts';

export type Weather =
  | { readonly kind: 'fair' }
  /** Nobody listens: connections are refused, and those there are end. */
  | { readonly kind: 'down' }
  /** Half-open: connections stay and are accepted, but nothing comes through in either direction. */
  | { readonly kind: 'blackHole' }
  /** Data of a side arrives with this delay. */
  | { readonly kind: 'slow'; readonly delayMs: number };

/** The client's data that matched, before it was forwarded. */
export interface HeldBytes {
  readonly text: string;
  /** Forwards it; without this it never arrives. */
  release(): void;
}

export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  weather(weather: Weather): Promise<void>;
  /** Resets every connection there is, as a crashed peer does. */
  reset(): void;
  /** Holds the next piece of a client's bytes that matches; resolves when it is here. */
  hold(matches: (text: string) => boolean): Promise<HeldBytes>;
  /** From now on, client data for which `answer` returns an answer never arrives: the client gets that answer instead. */
  swallow(answer: (text: string) => string | undefined): { readonly count: () => number; stop(): void };
}

interface Holder {
  matches(text: string): boolean;
  take(held: HeldBytes): void;
}

/** `target` is a port of the loopback interface. */
export async function openFaultProxy(target: number): Promise<FaultProxy> {
  const links = new Set<Link>();
  const holders = new Set<Holder>();
  const swallowers = new Set<(text: string) => string | undefined>();
  let weather: Weather = { kind: 'fair' };
  const port = await freePort();
  let server = await listen(port);

  async function listen(on: number): Promise<Server> {
    const listening = createServer({ allowHalfOpen: true }, accept);
    listening.listen(on, '127.0.0.1');
    await once(listening, 'listening');
    return listening;
  }

  function accept(client: Socket): void {
    const link = openLink({ client, target, weather: () => weather, intercept, onEnd: () => links.delete(link) });
    links.add(link);
  }

  /** Returns whether the bytes go on; a held piece goes on when the test says so. */
  async function intercept(bytes: Buffer, client: Socket): Promise<boolean> {
    if (holders.size === 0 && swallowers.size === 0) return true;
    const text = bytes.toString('latin1');
    for (const swallow of swallowers) {
      const instead = swallow(text);
      if (instead === undefined) continue;
      client.write(instead);
      return false;
    }
    const holder = [...holders].find(({ matches }) => matches(text));
    if (holder === undefined) return true;
    holders.delete(holder);
    const released = Promise.withResolvers<void>();
    holder.take({ text, release: released.resolve });
    await released.promise;
    return true;
  }

  function reset(): void {
    for (const link of links) link.reset();
  }

  async function close(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    reset();
    await closed;
  }

  return {
    port,
    async weather(next) {
      if (next.kind === weather.kind && next.kind === 'down') return;
      const wasDown = weather.kind === 'down';
      weather = next;
      if (next.kind === 'down') await close();
      else if (wasDown) server = await listen(port);
      for (const link of links) link.resume();
    },
    reset,
    hold(matches) {
      return new Promise((take) => holders.add({ matches, take }));
    },
    swallow(answer) {
      let count = 0;
      const swallow = (text: string): string | undefined => {
        const instead = answer(text);
        if (instead !== undefined) count += 1;
        return instead;
      };
      swallowers.add(swallow);
      return { count: () => count, stop: () => void swallowers.delete(swallow) };
    },
    [Symbol.asyncDispose]: close,
  };
}

interface Link {
  reset(): void;
  /** The fault has changed. */
  resume(): void;
}

interface LinkDeps {
  readonly client: Socket;
  readonly target: number;
  weather(): Weather;
  intercept(bytes: Buffer, client: Socket): Promise<boolean>;
  onEnd(): void;
}

function openLink({ client, target, weather, intercept, onEnd }: LinkDeps): Link {
  const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
  let changed = Promise.withResolvers<void>();
  let ended = false;

  function end(): void {
    if (ended) return;
    ended = true;
    client.resetAndDestroy();
    upstream.resetAndDestroy();
    changed.resolve();
    onEnd();
  }

  async function pass(from: Socket, to: Socket, filter: (bytes: Buffer) => Promise<boolean>): Promise<void> {
    try {
      for await (const bytes of from) {
        if (!Buffer.isBuffer(bytes)) throw new Error('a socket gave no buffer');
        while (weather().kind === 'blackHole' && !ended) await changed.promise;
        const sky = weather();
        if (sky.kind === 'slow') await sleep(sky.delayMs);
        if (ended) return;
        if ((await filter(bytes)) && !ended && !to.write(bytes)) await once(to, 'drain');
      }
      to.end();
    } catch {
      end();
    }
  }

  // A socket that fails without anybody reading it would end the tests.
  client.on('error', end);
  upstream.on('error', end);
  client.on('close', end);
  upstream.on('close', end);
  void pass(client, upstream, (bytes) => intercept(bytes, client));
  void pass(upstream, client, () => Promise.resolve(true));

  return {
    reset: end,
    resume() {
      changed.resolve();
      changed = Promise.withResolvers();
    },
  };
}
