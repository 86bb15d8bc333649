/** The floor of `/healthz`: a bare HTTP server in a process that does nothing else. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { serveCommands } from '../support/child.ts';
import { urlOf } from '../support/urlOf.ts';

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
serveCommands({ url: () => urlOf(server) });
