/** A Redis of the tests' own: Debian's redis-server on a free loopback port, keeping nothing. */
import { freePort } from './freePort.ts';
import { startProgram } from './program.ts';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Ends the server at once, as a crash would; a second call does nothing. */
  stop(): Promise<void>;
  /** Ends the server if it runs and starts an empty one on the same port. */
  restart(): Promise<void>;
}

/**
 * `port` is for a server behind a proxy that must know it beforehand; the default is a free one. With a folder it writes
 * every command to the disk before it answers.
 */
export async function startRedis(port?: number, folder?: string): Promise<RedisServer> {
  const ownPort = port ?? (await freePort());
  let server = await start(ownPort, folder);
  return {
    port: ownPort,
    url: `redis://127.0.0.1:${ownPort}`,
    stop: async () => {
      await server.stop();
    },
    restart: async () => {
      await server.stop();
      server = await start(ownPort, folder);
    },
  };
}

function start(port: number, folder: string | undefined) {
  const kept = folder === undefined ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', 'always', '--dir', folder];
  return startProgram({
    command: 'redis-server',
    args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', ...kept],
    ready: /Ready to accept connections/,
  });
}
