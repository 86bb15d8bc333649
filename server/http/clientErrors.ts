/** Requests that Node rejects before there is a response: too slow, too large a head, not HTTP. */
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RefusalCode } from '../../core/errors.ts';
import { rawRefusal } from './refusal.ts';

export function answerClientErrors(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // As in Node: the client is gone, or an answer is being sent already.
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) return void socket.destroy(error);
    const [statusLine, code] = known[error.code ?? ''] ?? malformed;
    return void socket.end(rawRefusal(statusLine, code));
  });
}

type Known = readonly [statusLine: string, code: RefusalCode];

const malformed: Known = ['400 Bad Request', 'BAD_REQUEST'];
const known: Readonly<Record<string, Known>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'REQUEST_TIMEOUT'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'REQUEST_HEADERS_TOO_LARGE'],
};

/** Node keeps a connection's response there; bytes written in the middle of an answer would be taken for a part of it. */
function isAnswering(socket: Duplex): boolean {
  const response: unknown = Reflect.get(socket, '_httpMessage');
  return typeof response === 'object' && response !== null && Reflect.get(response, 'headersSent') === true;
}
