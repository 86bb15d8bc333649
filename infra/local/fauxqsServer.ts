/**
 * The embedded SQS and S3: fauxqs, assembled from its parts (the version is pinned). `startFauxqs` itself has three faults: it
 * listens on every interface, it returns queue URLs with the port it was first started on, and with a data folder it cannot
 * make a message visible again (it writes NULL into a column that forbids it, and the message is gone until a restart).
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { buildApp } from 'fauxqs';
import { z } from 'zod';
import type * as persistenceModule from '../../node_modules/fauxqs/dist/persistence.js';
import type * as s3Module from '../../node_modules/fauxqs/dist/s3/s3Store.js';
import type * as snsModule from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import type * as sqsModule from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { answerOwnHostOnly } from './ownHost.ts';
import type { LocalServer } from './dynaliteServer.ts';

// The package does not export its parts; they are beside its entry file, wherever it is installed.
const part = (path: string): Promise<unknown> => import(new URL(path, import.meta.resolve('fauxqs')).href);
const { PersistenceManager } = z.custom<typeof persistenceModule>().parse(await part('persistence.js'));
const { S3Store } = z.custom<typeof s3Module>().parse(await part('s3/s3Store.js'));
const { SnsStore } = z.custom<typeof snsModule>().parse(await part('sns/snsStore.js'));
const { SqsStore } = z.custom<typeof sqsModule>().parse(await part('sqs/sqsStore.js'));

/** `dataDir` absent = in memory; port 0 = a free one. */
export async function openFauxqs({ dataDir, port }: { readonly dataDir?: string; readonly port: number }): Promise<LocalServer> {
  const sqsStore = new LoopbackSqsStore();
  const snsStore = new SnsStore();
  const s3Store = new S3Store();
  const persistence = dataDir === undefined ? undefined : new Persistence(dataDir);
  const app = buildApp({ logger: false, stores: { sqsStore, snsStore, s3Store } });
  // The queues' URLs name the port, which is known only once the server listens: requests wait until all is loaded.
  const loaded = Promise.withResolvers<void>();
  app.addHook('onRequest', () => loaded.promise);
  app.addHook('onClose', () => {
    persistence?.close();
  });
  answerOwnHostOnly(app.server);
  sqsStore.endpoint = await app.listen({ port, host: '127.0.0.1' });
  if (persistence !== undefined) {
    persistence.load(sqsStore, snsStore, s3Store);
    sqsStore.persistence = persistence;
    snsStore.persistence = persistence;
    s3Store.persistence = persistence;
    for (const queue of sqsStore.allQueues()) queue.persistence = persistence;
  }
  loaded.resolve();
  return { url: sqsStore.endpoint, close: () => app.close() };
}

/** Queues whose URLs use the present endpoint, including those that were loaded. */
class LoopbackSqsStore extends SqsStore {
  endpoint = '';

  override createQueue(
    name: string,
    _url: string,
    arn: string,
    attributes?: Record<string, string>,
    tags?: Record<string, string>,
  ): sqsModule.SqsQueue {
    const account = arn.split(':')[4] ?? '';
    return super.createQueue(name, `${this.endpoint}/${account}/${name}`, arn, attributes, tags);
  }
}

class Persistence extends PersistenceManager {
  readonly #makeReady;

  constructor(dataDir: string) {
    super(dataDir);
    const database: unknown = Reflect.get(this, 'db');
    if (!(database instanceof DatabaseSync)) throw new Error(`fauxqs keeps its database in another place: ${join(dataDir, 'fauxqs.db')}`);
    // As in LevelDB: writes survive a kill of the process, but the last ones may not survive a power cut.
    database.exec('PRAGMA synchronous = NORMAL');
    this.#makeReady = database.prepare('UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?');
  }

  override updateMessageReady(messageId: string): void {
    this.#makeReady.run(messageId);
  }
}
