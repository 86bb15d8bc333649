/**
 * The thread that keeps the file. Requests that came while a group was written form the next group, in one transaction. So one
 * wait for the disk serves all requests that came meanwhile, and the event loop of the process never waits for the disk.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { openCommitLog } from './commitLog.ts';
import { DatabaseRefused, openForReading, openForWriting } from './database.ts';
import type { Answer, Reply, Turn } from './operations.ts';
import { createStore, type Store } from './store.ts';

const parent = parentPort;
if (parent === null) throw new Error('tableThread.ts is a thread of threads.ts');

/** `null`: close. */
const posted = z.custom<Turn | null>();

/**
 * Writes that were answered early wait this long for a group that brings them to the disk: usually one with a later write of
 * the same work.
 */
const lingerMs = 2;

const { file, writes } = z.object({ file: z.string(), writes: z.boolean() }).parse(workerData);
try {
  const database = writes ? openForWriting(file) : openForReading(file);
  const log = writes ? openCommitLog(database, file) : undefined;
  const store = createStore(database, log);
  let syncing: NodeJS.Timeout | undefined;

  const reply = (answers: readonly (readonly Answer[])[]): void => {
    parent.postMessage({ answers, isSynced: store.isSynced } satisfies Reply);
  };
  const syncNow = (): void => {
    syncing = undefined;
    if (store.isSynced) return;
    store.sync();
    reply([]);
  };

  parent.on('message', (message: unknown) => {
    const received = [posted.parse(message)];
    for (let more = receiveMessageOnPort(parent); more !== undefined; more = receiveMessageOnPort(parent))
      received.push(posted.parse(more.message));
    const turns = received.filter((turn) => turn !== null);
    if (turns.length > 0) work(turns, store, reply);
    if (!store.isSynced) syncing ??= setTimeout(syncNow, lingerMs);
    if (!received.includes(null)) return;
    syncNow();
    clearTimeout(syncing);
    log?.close();
    database.close();
    parent.close();
  });
  parent.postMessage('open');
} catch (error) {
  if (!(error instanceof DatabaseRefused)) throw error;
  parent.postMessage({ refused: error.message });
  parent.close();
}

/** In the order of the requests: each sees the effects of all requests before it. */
function work(turns: readonly Turn[], store: Store, reply: (answers: readonly (readonly Answer[])[]) => void): void {
  const answers = answer(turns, store);
  // Callers that need not wait for the disk go on meanwhile.
  const isEarly = turns.some(({ early }) => early > 0);
  if (isEarly) reply(answers);
  if (turns.every(({ early, operations }) => early === operations.length)) return;
  store.sync();
  reply(isEarly ? [] : answers);
}

/** One list of answers for each turn. */
function answer(turns: readonly Turn[], store: Store): readonly (readonly Answer[])[] {
  const answers = store.run(turns.flatMap(({ operations }) => operations));
  let start = 0;
  return turns.map(({ operations: { length } }) => answers.slice(start, (start += length)));
}
