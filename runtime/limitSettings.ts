/** The limits on what a client may use of a server: the variables, and the values derived from them. */
import type { z } from 'zod';
import { whole } from './settingKinds.ts';

const whereOwnersDiffer = (limit: number): string => `Unset = ${limit} where tokens tell owners apart, else no limit.`;

export const limitSettings = {
  RATE_LIMIT_PER_SECOND: whole(0, 1_000_000)
    .optional()
    .describe(
      `Jobs that one owner may hand in or change per second, and the same number of queries, watches and waits each; 0 = no limit. ${whereOwnersDiffer(100)}`,
    ),
  RATE_LIMIT_BURST: whole(1, 1_000_000).default(1000).describe('How many of each an owner may begin at once after a pause.'),
  MAX_CONNECTIONS_PER_OWNER: whole(0, 1_000_000)
    .optional()
    .describe(
      `Sockets, streams and requests of one owner that may be open at once in one server; 0 = no limit. ${whereOwnersDiffer(1000)}`,
    ),
  MAX_SOCKETS: whole(1, 1_000_000)
    .default(20_000)
    .describe('WebSockets that may be open at once in one server; further ones are answered with 503.'),
  MAX_WATCH_READS_PER_SECOND: whole(1, 1_000_000)
    .default(500)
    .describe('Watched jobs that one server reads per second while Redis is away, and where no event came for a visibility timeout.'),
  MAX_OPERATIONS_PER_SOCKET: whole(1, 100_000).default(100).describe('Operations that may run at once on one WebSocket.'),
  MAX_OPERATION_COST: whole(1, 1_000_000_000)
    .default(10_000)
    .describe('Most fields that an operation may ask for, pages multiplied by their size; `params` and `result` count as ten.'),
  MAX_REQUEST_BYTES: whole(1024, 64 * 1024 ** 2)
    .default(1024 ** 2)
    .describe('Largest body of a request, and largest WebSocket message.'),
  MAX_RESPONSE_BYTES: whole(1024, 256 * 1024 ** 2)
    .default(10 * 1000 ** 2)
    .describe('Most bytes of `params` and `result` in one answer; at most four times as many may be in progress for one owner.'),
  HEADERS_TIMEOUT_SECONDS: whole(1, 600).default(10).describe('How long a client may take to send the headers of a request.'),
  REQUEST_TIMEOUT_SECONDS: whole(1, 3600)
    .default(30)
    .describe('How long a client may take to send a whole request, and may leave its answer unread.'),
  SOCKET_INIT_SECONDS: whole(1, 3600).default(5).describe('How long a WebSocket may stay open without `connection_init`.'),
  SOCKET_PING_SECONDS: whole(1, 3600)
    .default(12)
    .describe('How often a WebSocket is pinged; one that has not answered by the next ping is ended.'),
  SOCKET_IDLE_SECONDS: whole(0, 86_400).default(600).describe('A WebSocket without a running operation for so long is closed; 0 = never.'),
  SOCKET_DRAIN_SECONDS: whole(0, 600)
    .default(5)
    .describe(
      'The time over which WebSockets and streams are closed after SIGTERM if there are many, so that clients do not all reconnect at once.',
    ),
};

type Limits = z.output<z.ZodObject<typeof limitSettings>>;

/** @param isKeyed whether tokens tell owners apart. */
export function limitsOf(env: Limits, isKeyed: boolean) {
  return {
    /** 0 = none. */
    ratePerSecond: env.RATE_LIMIT_PER_SECOND ?? (isKeyed ? 100 : 0),
    rateBurst: env.RATE_LIMIT_BURST,
    /** 0 = none. */
    connectionsPerOwner: env.MAX_CONNECTIONS_PER_OWNER ?? (isKeyed ? 1000 : 0),
    sockets: env.MAX_SOCKETS,
    operationsPerSocket: env.MAX_OPERATIONS_PER_SOCKET,
    operationCost: env.MAX_OPERATION_COST,
    requestBytes: env.MAX_REQUEST_BYTES,
    responseBytes: env.MAX_RESPONSE_BYTES,
    /** 0 = none. */
    responseBytesPerOwner: isKeyed ? 4 * env.MAX_RESPONSE_BYTES : 0,
    /** The memory that watches of one owner may use in one server; 0 = no limit. */
    watchBytesPerOwner: isKeyed ? 32 * 1024 ** 2 : 0,
    headersTimeoutSeconds: env.HEADERS_TIMEOUT_SECONDS,
    requestTimeoutSeconds: env.REQUEST_TIMEOUT_SECONDS,
    socketInitSeconds: env.SOCKET_INIT_SECONDS,
    socketPingSeconds: env.SOCKET_PING_SECONDS,
    /** 0 = never. */
    socketIdleSeconds: env.SOCKET_IDLE_SECONDS,
    socketDrainSeconds: env.SOCKET_DRAIN_SECONDS,
  };
}
