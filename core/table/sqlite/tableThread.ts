/**
 * The thread that keeps the file: what came while the last group was written is the next one, in one transaction, so
 * that one wait for the disk serves all who ask meanwhile, and the event loop of the process never waits for it.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { DatabaseRefused, openForReading, openForWriting } from './database.ts';
import type { Operation } from './operations.ts';
import { createStore, type Store } from './store.ts';

const parent = parentPort;
if (parent === null) throw new Error('tableThread.ts is a thread of threads.ts');

/** Operations of one turn of the parent's loop, or `null`: close. */
type Posted = readonly Operation[] | null;
const posted = z.custom<Posted>();

const { file, writes } = z.object({ file: z.string(), writes: z.boolean() }).parse(workerData);
try {
  const database = writes ? openForWriting(file) : openForReading(file);
  const store = createStore(database);
  parent.on('message', (message: unknown) => {
    const turns = [posted.parse(message)];
    for (let more = receiveMessageOnPort(parent); more !== undefined; more = receiveMessageOnPort(parent))
      turns.push(posted.parse(more.message));
    parent.postMessage(
      answer(
        store,
        turns.filter((turn) => turn !== null),
      ),
    );
    if (!turns.includes(null)) return;
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
function answer({ run }: Store, turns: readonly (readonly Operation[])[]) {
  const answers = run(turns.flat());
  let start = 0;
  return turns.map(({ length }) => answers.slice(start, (start += length)));
}
