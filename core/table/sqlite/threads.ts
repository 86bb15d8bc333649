/** The threads that keep the table's file, called from this one: requests of one turn of the event loop are sent together. */
import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { JobError } from '../../errors.ts';
import { createFewATurn } from '../../fewATurn.ts';
import { DatabaseRefused, inMemory } from './database.ts';
import type { Answer, Done, Operation, ReadOperation, Reply, Turn, WriteOperation } from './operations.ts';

export interface TableThreads {
  /** Returns when it is on the disk. @throws {JobError} `TABLE_UNAVAILABLE`: its group was not written. */
  write(operation: WriteOperation): Promise<Done>;
  /** Returns when it survives a crash of this process. */
  writeEarly(operation: WriteOperation): Early;
  /** Reads committed data, early or not; waits for no write. @throws {JobError} `TABLE_UNAVAILABLE`. */
  read(operation: ReadOperation): Promise<Done>;
  /** Sends the requests of this turn now, instead of at its end. */
  dispatch(): void;
  /** Completes pending requests, then closes the file. May be called twice. */
  close(): Promise<void>;
}

export interface Early {
  /** @throws {JobError} `TABLE_UNAVAILABLE`: its group was not written. */
  readonly answered: Promise<Done>;
  /** Resolves when what it wrote, if anything, is on the disk. @throws {JobError} `TABLE_UNAVAILABLE` where the thread ended first. */
  readonly durable: Promise<void>;
}

export interface TableThreadsOptions {
  /** `inMemory` keeps it in this process. */
  readonly file: string;
  /** Called once if a thread ends unexpectedly, because of a fault of this code or of the machine. */
  readonly onFailure: (error: Error) => void;
}

/** @throws {DatabaseRefused} where the file cannot be used. */
export async function openTableThreads({ file, onFailure }: TableThreadsOptions): Promise<TableThreads> {
  const writer = await openThread({ file, writes: true, onFailure });
  // A database in memory exists only on its one connection.
  const reader = file === inMemory ? writer : await openThread({ file, writes: false, onFailure });
  return {
    write: writer.ask,
    writeEarly: writer.askEarly,
    read: reader.ask,
    dispatch() {
      writer.post();
      reader.post();
    },
    async close() {
      await reader.close();
      // The last connection to close removes the files beside the database.
      await writer.close();
    },
  };
}

interface TableThread {
  ask(operation: Operation): Promise<Done>;
  askEarly(operation: Operation): Early;
  /** Sends what was asked in this turn, if anything. */
  post(): void;
  close(): Promise<void>;
}

interface Asked {
  readonly operation: Operation;
  readonly early: boolean;
  readonly answered: PromiseWithResolvers<Done>;
}

interface Answered {
  readonly answered: PromiseWithResolvers<Done>;
  readonly answer: Answer | undefined;
}

/** The requests of one turn of the event loop. */
interface AskedTurn {
  readonly asked: Asked[];
  readonly durable: PromiseWithResolvers<void>;
}

const openTurn = (): AskedTurn => ({ asked: [], durable: openDurable() });

/** A failure concerns only callers that wait for it. */
function openDurable(): PromiseWithResolvers<void> {
  const durable = Promise.withResolvers<void>();
  durable.promise.catch(() => undefined);
  return durable;
}

/** A request or a job goes on with each answer, which takes about a tenth of a millisecond. */
const answersPerTurn = 24;

const opening = z.union([z.literal('open'), z.object({ refused: z.string() })]);
const replied = z.custom<Reply>();

async function openThread({ file, writes, onFailure }: TableThreadsOptions & { readonly writes: boolean }): Promise<TableThread> {
  const thread = new Worker(new URL(`tableThread${extname(import.meta.url)}`, import.meta.url), {
    workerData: { file, writes },
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  const exited = once(thread, 'exit');
  const [opened] = z.tuple([opening]).parse(await once(thread, 'message'));
  if (opened !== 'open') throw new DatabaseRefused(opened.refused);

  let turn = openTurn();
  /** Not answered yet, the oldest first. */
  const posted: AskedTurn[] = [];
  /** Answered early, but not on the disk yet. */
  const unsynced: PromiseWithResolvers<void>[] = [];
  const waiting: Answered[] = [];
  const telling = createFewATurn(answersPerTurn);
  let ended: Error | undefined;
  let closing: Promise<void> | undefined;

  thread.on('message', (message: unknown) => {
    const reply = replied.parse(message);
    const turns = posted.splice(0, reply.answers.length);
    const early: Answered[] = [];
    for (const [of, { asked, durable }] of turns.entries()) {
      unsynced.push(durable);
      for (const [index, one] of asked.entries())
        (one.early ? early : waiting).push({ answered: one.answered, answer: reply.answers[of]?.[index] });
    }
    const settling = (answers: readonly Answered[]) => answers.map((one) => () => settle(one));
    if (!reply.isSynced) return telling.add(...settling(early));
    // Before the answers: what their callers announce must come after the early writes.
    telling.add(...unsynced.splice(0).map(({ resolve }) => resolve), ...settling(early), ...settling(waiting.splice(0)));
    return undefined;
  });
  thread.once('error', (error) => end(error instanceof Error ? error : new Error(String(error))));
  void exited.then(() => end(new Error('the thread of the table has ended')));

  function end(error: Error): void {
    if (ended !== undefined) return;
    ended = error;
    const refusal = (): JobError => new JobError('TABLE_UNAVAILABLE', {}, { cause: error });
    const turns = [...posted, turn];
    for (const { answered } of [...waiting, ...turns.flatMap(({ asked }) => asked)]) answered.reject(refusal());
    for (const { reject } of [...unsynced, ...turns.map(({ durable }) => durable)]) reject(refusal());
    if (closing === undefined) onFailure(error);
  }

  function post(): void {
    const { asked } = turn;
    if (asked.length === 0) return;
    posted.push(turn);
    turn = openTurn();
    thread.postMessage({
      early: asked.filter(({ early }) => early).length,
      operations: asked.map(({ operation }) => operation),
    } satisfies Turn);
  }

  async function close(): Promise<void> {
    post();
    thread.postMessage(null);
    await exited;
  }

  function ask(operation: Operation, early: boolean): Promise<Done> {
    if (ended !== undefined || closing !== undefined) {
      return Promise.reject(new JobError('TABLE_UNAVAILABLE', {}, { cause: ended ?? new Error('the table is closed') }));
    }
    const answered = Promise.withResolvers<Done>();
    if (turn.asked.push({ operation, early, answered }) === 1) setImmediate(post);
    return answered.promise;
  }

  return {
    ask: (operation) => ask(operation, false),
    askEarly(operation) {
      const durable = turn.durable.promise;
      return { answered: ask(operation, true), durable };
    },
    post,
    close: () => (closing ??= close()),
  };
}

function settle({ answered: { resolve, reject }, answer }: Answered): void {
  if (answer === undefined) reject(new Error('the table gave no answer'));
  else if (!('failure' in answer)) resolve(answer);
  else if (answer.isFault) reject(new Error(answer.failure));
  else reject(new JobError('TABLE_UNAVAILABLE', {}, { cause: new Error(answer.failure) }));
}
