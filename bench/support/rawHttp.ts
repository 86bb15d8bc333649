/**
 * An HTTP client that costs almost nothing, so that a bench does not measure its own clients: it posts JSON on connections that
 * stay open, one request at a time on each. It trusts its server: every answer has a Content-Length.
 */
import { connect } from 'node:net';

export interface RawHttp {
  /** Resolves with the body of the answer. Rejects where that is not a 200. */
  post(json: string): Promise<string>;
}

/** Sends a request, and resolves with the body of its answer. */
type Connection = (request: string) => Promise<string>;

export function createRawHttp(url: string): RawHttp {
  const { hostname, port, pathname } = new URL(url);
  const head = `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: `;
  const idle: Connection[] = [];
  return {
    async post(json) {
      const connection = idle.pop() ?? openConnection(hostname, Number(port));
      const body = await connection(`${head}${Buffer.byteLength(json)}\r\n\r\n${json}`);
      idle.push(connection);
      return body;
    },
  };
}

function openConnection(host: string, port: number): Connection {
  const socket = connect({ host, port, noDelay: true });
  let rest: Buffer | undefined;
  let answered = Promise.withResolvers<string>();
  socket.on('error', (error) => answered.reject(error));
  socket.on('close', () => answered.reject(new Error('the server closed the connection')));
  socket.on('data', (data) => {
    const chunk = rest === undefined ? data : Buffer.concat([rest, data]);
    const body = bodyOf(chunk);
    rest = body === undefined ? chunk : undefined;
    if (body instanceof Error) answered.reject(body);
    else if (body !== undefined) answered.resolve(body);
  });
  return (request) => {
    answered = Promise.withResolvers();
    socket.write(request);
    return answered.promise;
  };
}

/** `undefined`: there is more to come. */
function bodyOf(chunk: Buffer): string | Error | undefined {
  const end = chunk.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = chunk.toString('latin1', 0, end);
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
  if (!head.startsWith('HTTP/1.1 200') || Number.isNaN(length)) return new Error(head);
  return chunk.length < end + 4 + length ? undefined : chunk.toString('utf8', end + 4);
}
