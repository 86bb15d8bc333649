/** Emulators have no authentication. They therefore answer only requests that use a name of this machine, and none from a browser's page. */
import type { RequestListener, Server } from 'node:http';

/**
 * A page of `evil.example`, whose name was made to resolve to this machine, sends that name; any other page sends its origin
 * with the requests that emulators accept.
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
