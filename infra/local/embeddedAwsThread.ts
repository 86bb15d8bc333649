/** The thread of the embedded AWS: opens the emulators, reports their endpoints, closes them when told. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { ConfigError } from '../../runtime/config.ts';
import { holdDataFolder } from '../../runtime/dataFolder.ts';
import { openDynalite } from './dynaliteServer.ts';
import { openFauxqs } from './fauxqsServer.ts';

const parent = parentPort;
if (parent === null) throw new Error('embeddedAwsThread.ts is a thread of embeddedAws.ts');

const { dataDir, ports } = z.object({ dataDir: z.string(), ports: z.object({ dynamodb: z.int(), sqsAndS3: z.int() }) }).parse(workerData);
await using starting = new AsyncDisposableStack();
try {
  const persistent = dataDir !== '';
  if (persistent) starting.adopt(holdDataFolder(dataDir), (folder) => folder.release());
  const dynamodb = starting.adopt(
    await openDynalite({ port: ports.dynamodb, ...(persistent && { path: join(dataDir, 'dynamodb') }) }),
    (server) => server.close(),
  );
  const fauxqs = starting.adopt(await openFauxqs({ port: ports.sqsAndS3, ...(persistent && { dataDir }) }), (server) => server.close());
  const running = starting.move();
  parent.once('message', () => {
    void running.disposeAsync().then(() => {
      parent.close();
    });
  });
  parent.postMessage({ endpoints: { dynamodb: dynamodb.url, sqs: fauxqs.url, s3: fauxqs.url } });
} catch (error) {
  if (!(error instanceof ConfigError) && !isPortTaken(error)) throw error;
  parent.postMessage({ failure: error.message });
  parent.close();
}

function isPortTaken(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
