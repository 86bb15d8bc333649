/** The threads that keep the table's file, asked from this one: what is asked in one turn of the loop travels together. */
import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { JobError } from '../../errors.ts';
import { DatabaseRefused, inMemory } from './database.ts';
import type { Answer, Done, Operation, ReadOperation, WriteOperation } from './operations.ts';

export interface TableThreads {
  /** Answers when it is on the disk. @throws {JobError} `TABLE_UNAVAILABLE`: its group was not written. */
  write(operation: WriteOperation): Promise<Done>;
  /** Of what is on the disk; waits for no write. @throws {JobError} `TABLE_UNAVAILABLE`. */
  read(operation: ReadOperation): Promise<Done>;
  /** Ends what was asked, then closes the file. Twice is fine. */
  close(): Promise<void>;
}

export interface TableThreadsOptions {
  /** `inMemory` keeps it in this process. */
  readonly file: string;
  /** Called once if a thread ends by itself, which only a fault of this code or of the machine does. */
  readonly onFailure: (error: Error) => void;
}

/** @throws {DatabaseRefused} where the file cannot be used. */
export async function openTableThreads({ file, onFailure }: TableThreadsOptions): Promise<TableThreads> {
  const writer = await openThread({ file, writes: true, onFailure });
  // What is in memory is one connection's.
  const reader = file === inMemory ? writer : await openThread({ file, writes: false, onFailure });
  return {
    write: writer.ask,
    read: reader.ask,
    async close() {
      await reader.close();
      // The last to close tidies up beside the file.
      await writer.close();
    },
  };
}

interface TableThread {
  ask(operation: Operation): Promise<Done>;
  close(): Promise<void>;
}

interface Asked {
  readonly operation: Operation;
  readonly answered: PromiseWithResolvers<Done>;
}

const opening = z.union([z.literal('open'), z.object({ refused: z.string() })]);
const replies = z.custom<readonly (readonly Answer[])[]>();

async function openThread({ file, writes, onFailure }: TableThreadsOptions & { readonly writes: boolean }): Promise<TableThread> {
  const thread = new Worker(new URL(`tableThread${extname(import.meta.url)}`, import.meta.url), {
    workerData: { file, writes },
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  const exited = once(thread, 'exit');
  const [opened] = z.tuple([opening]).parse(await once(thread, 'message'));
  if (opened !== 'open') throw new DatabaseRefused(opened.refused);

  /** What this turn of the loop asks. */
  let turn: Asked[] = [];
  /** Turns that were posted, oldest first. */
  const posted: (readonly Asked[])[] = [];
  let ended: Error | undefined;
  let closing: Promise<void> | undefined;

  thread.on('message', (message: unknown) => {
    for (const answers of replies.parse(message)) {
      for (const [index, { answered }] of (posted.shift() ?? []).entries()) settle(answered, answers[index]);
    }
  });
  thread.once('error', (error) => end(error instanceof Error ? error : new Error(String(error))));
  void exited.then(() => end(new Error('the thread of the table has ended')));

  function end(error: Error): void {
    if (ended !== undefined) return;
    ended = error;
    for (const { answered } of [...posted.flat(), ...turn]) answered.reject(new JobError('TABLE_UNAVAILABLE', {}, { cause: error }));
    if (closing === undefined) onFailure(error);
  }

  function post(): void {
    const mine = turn;
    turn = [];
    posted.push(mine);
    thread.postMessage(mine.map(({ operation }) => operation));
  }

  async function close(): Promise<void> {
    if (turn.length > 0) post();
    thread.postMessage(null);
    await exited;
  }

  return {
    ask(operation) {
      if (ended !== undefined || closing !== undefined) {
        return Promise.reject(new JobError('TABLE_UNAVAILABLE', {}, { cause: ended ?? new Error('the table is closed') }));
      }
      const answered = Promise.withResolvers<Done>();
      if (turn.push({ operation, answered }) === 1) setImmediate(() => turn.length > 0 && post());
      return answered.promise;
    },
    close: () => (closing ??= close()),
  };
}

function settle({ resolve, reject }: PromiseWithResolvers<Done>, answer: Answer | undefined): void {
  if (answer === undefined) reject(new Error('the table gave no answer'));
  else if (!('failure' in answer)) resolve(answer);
  else if (answer.isFault) reject(new Error(answer.failure));
  else reject(new JobError('TABLE_UNAVAILABLE', {}, { cause: new Error(answer.failure) }));
}
