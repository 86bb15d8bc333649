/**
 * The thread that keeps the file. Requests that came while a group was written form the next group, in one transaction. So one
 * wait for the disk serves all requests that came meanwhile, and the event loop of the process never waits for the disk.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { DatabaseRefused, openForReading, openForWriting } from './database.ts';
import type { Answer, Reply, Turn } from './operations.ts';
import { createStore, sync, type Store } from './store.ts';

const parent = parentPort;
if (parent === null) throw new Error('tableThread.ts is a thread of threads.ts');

/** `null`: close. */
const posted = z.custom<Turn | null>();

/**
 * Writes that were answered early wait this long for a group that brings them to the disk: usually one with a later write of
 * the same work.
 */
const lingerMs = 2;
const againMs = 100;

const { file, writes } = z.object({ file: z.string(), writes: z.boolean() }).parse(workerData);
try {
  const database = writes ? openForWriting(file) : openForReading(file);
  const store = createStore(database);
  let syncing: NodeJS.Timeout | undefined;

  const reply = (answers: readonly (readonly Answer[])[]): void => {
    parent.postMessage({ answers, isSynced: store.isSynced } satisfies Reply);
  };
  const syncNow = (): void => {
    syncing = undefined;
    if (store.isSynced) return;
    store.run([sync]);
    if (store.isSynced) reply([]);
    else syncing = setTimeout(syncNow, againMs);
  };

  parent.on('message', (message: unknown) => {
    const received = [posted.parse(message)];
    for (let more = receiveMessageOnPort(parent); more !== undefined; more = receiveMessageOnPort(parent))
      received.push(posted.parse(more.message));
    const turns = received.filter((turn) => turn !== null);
    // In the order of the requests: a request sees the effects of all earlier ones.
    if (turns.length > 0) reply(answer(turns, turns.every(({ early }) => early) ? store.runEarly : store.run));
    if (!store.isSynced) syncing ??= setTimeout(syncNow, lingerMs);
    if (!received.includes(null)) return;
    syncNow();
    clearTimeout(syncing);
    database.close();
    parent.close();
  });
  parent.postMessage('open');
} catch (error) {
  if (!(error instanceof DatabaseRefused)) throw error;
  parent.postMessage({ refused: error.message });
  parent.close();
}

/** One list of answers for each turn. */
function answer(turns: readonly Turn[], run: Store['run']): readonly (readonly Answer[])[] {
  const answers = run(turns.flatMap(({ operations }) => operations));
  let start = 0;
  return turns.map(({ operations: { length } }) => answers.slice(start, (start += length)));
}
