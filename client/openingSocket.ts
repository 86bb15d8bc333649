/** Sockets that do not wait longer than they are told to. */

/** What is needed of a class of sockets: the global one's, or that of the package `ws`. */
export type SocketClass = new (
  url: string | URL,
  protocols: string | string[],
) => {
  addEventListener(type: 'open' | 'error' | 'close', listener: () => void): void;
  close(): void;
};

/**
 * A socket that has not opened after `withinMs` closes. By itself it would wait for minutes where nobody answers, such as in a
 * network that the device has left.
 */
export function opensWithin(base: SocketClass, withinMs: number): SocketClass {
  return class extends base {
    constructor(url: string | URL, protocols: string | string[]) {
      super(url, protocols);
      const late = setTimeout(() => this.close(), withinMs);
      // Also heard once graphql-ws listens no more: the package `ws` throws an error that nobody hears.
      for (const type of ['open', 'error', 'close'] as const) this.addEventListener(type, () => clearTimeout(late));
    }
  };
}
