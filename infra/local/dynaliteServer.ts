/** The embedded DynamoDB: dynalite on the loopback interface. */
import { once } from 'node:events';
import dynalite from 'dynalite';
import { answerOwnHostOnly } from './ownHost.ts';

export interface LocalServer {
  readonly url: string;
  close(): Promise<void>;
}

/** `path` absent = in memory; port 0 = a free one. */
export async function openDynalite({ path, port }: { readonly path?: string; readonly port: number }): Promise<LocalServer> {
  const delays = { createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 };
  const server = dynalite(path === undefined ? delays : { ...delays, path });
  answerOwnHostOnly(server);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('dynalite listens on no port');
  const url = `http://127.0.0.1:${address.port}`;
  await databaseIsOpen(url);
  return {
    url,
    close: async () => {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve, reject) => {
        server.close((error) => {
          if (error) reject(error);
          else resolve();
        });
      });
      // Clients keep their connections alive; without this, closing waits for them.
      server.closeAllConnections();
      await closed;
    },
  };
}

/** dynalite opens its files at the first request: this one makes the start fail if it cannot read the folder. */
async function databaseIsOpen(url: string): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.ListTables',
      'x-amz-date': 'now',
      authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=none, Signature=none',
    },
    body: '{}',
  });
  if (!response.ok) throw new Error(`dynalite answers ${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}
