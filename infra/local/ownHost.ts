/** Emulators ask for no keys: so they answer whoever calls them by a name of this machine, and no page of a browser. */
import type { RequestListener, Server } from 'node:http';

/**
 * A page of `evil.example`, whose name was made to resolve to this machine, says that name; any other page that sends
 * what these take says its origin.
 */
export function answerOwnHostOnly(server: Server): void {
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  const guard: RequestListener = (request, response) => {
    const { host = '', origin } = request.headers;
    if (origin === undefined && ownNames.has(URL.parse(`http://${host}`)?.hostname ?? '')) {
      for (const listener of listeners) Reflect.apply(listener, server, [request, response]);
      return;
    }
    request.resume();
    response.writeHead(403, { connection: 'close' }).end();
  };
  server.on('request', guard);
}

const ownNames: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);
