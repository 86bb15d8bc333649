/** For tests of handlers, with any test runner: a job that is not stored, whose handler runs as in a worker. */
import { z } from 'zod';
import type { ChildRequest, EndedJob, HandlerContext, JobHandler } from '../core/handler.ts';
import { maxResultBytes, type JsonValue } from '../core/job.ts';
import type { JobType, ResultOf } from '../core/jobType.ts';
import type { LogLevel } from '../core/logLine.ts';
import type { ObjectStore } from '../core/objects.ts';
import { plainJson } from '../core/plainJson.ts';
import { createSuspension } from '../worker/suspension.ts';
import { createMemoryFiles } from './memoryFiles.ts';
import { createTestWaits } from './testWaits.ts';

export interface TestJobOptions {
  /** Fires as a cancel, a timeout or a shutdown would. Default: one that never does. */
  readonly signal?: AbortSignal | undefined;
  /** The number of the first attempt. Default: 1. */
  readonly attempt?: number | undefined;
  /** Default: `test-job`. */
  readonly idempotencyKey?: string | undefined;
  /** Files that the handler may read, by URI. Files that it writes are added. */
  readonly files?: Readonly<Record<string, string | Uint8Array>> | undefined;
  /** Instead of `files`: your own store. */
  readonly objects?: ObjectStore | undefined;
  /** Payloads of the signals that are sent, by name. For any other signal, a wait with a timeout times out, and one without fails the run. */
  readonly signals?: Readonly<Record<string, JsonValue>> | undefined;
  /** The ended jobs that this one depends on in its workflow, by name. */
  readonly dependencies?: Readonly<Record<string, EndedJob>> | undefined;
  /** Does the work of a child: returns the child's result, or throws the error that the child fails with. */
  readonly child?: ((name: string, request: ChildRequest) => JsonValue | Promise<JsonValue>) | undefined;
  readonly onProgress?: ((percent: number) => void) | undefined;
}

export interface LoggedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: object | undefined;
}

export interface TestJob {
  /**
   * Runs the handler as a worker does: after each wait again from the start, with the results that its steps have kept. Waits end
   * at once. A further call is the next attempt of the same job.
   * @throws what the handler throws; a TypeError if its result is not JSON or does not fit its type.
   */
  run<Type extends JobType>(handler: JobHandler<Type>, params: JsonValue): Promise<ResultOf<Type>>;
  /** The values given to `progress`, in order. */
  readonly reported: readonly number[];
  readonly logged: readonly LoggedLine[];
  /** Results of the finished steps, by name, in the order in which they finished. */
  readonly steps: Readonly<Record<string, JsonValue | undefined>>;
  /** Seconds of each sleep, by name. */
  readonly sleeps: Readonly<Record<string, number>>;
  /** The request for each child, by name. */
  readonly children: Readonly<Record<string, ChildRequest>>;
  /** The text of a file that was given or written, by URI. */
  textOf(uri: string): string | undefined;
}

/** With more runs than this the handler never ends, for example because it uses new names for its waits in each run. */
const maxRuns = 1000;

export function createTestJob(options: TestJobOptions = {}): TestJob {
  const { signal = new AbortController().signal, idempotencyKey = 'test-job' } = options;
  const files = createMemoryFiles(options.files);
  const waits = createTestWaits({ ...options, idempotencyKey });
  const reported: number[] = [];
  const logged: LoggedLine[] = [];
  let attempt = options.attempt ?? 1;

  const write =
    (level: LogLevel) =>
    (message: string, fields?: object): void =>
      void logged.push({ level, message, ...(fields === undefined ? {} : { fields }) });
  const log = { info: write('info'), warn: write('warn'), error: write('error') };

  function progress(percent: number): void {
    reported.push(percent);
    options.onProgress?.(percent);
  }

  async function once<Type extends JobType>(handler: JobHandler<Type>, params: JsonValue): Promise<JsonValue> {
    for (let run = 1; run <= maxRuns; run += 1) {
      const suspension = createSuspension();
      const context: HandlerContext = {
        signal,
        attempt,
        idempotencyKey,
        log,
        progress,
        objects: options.objects ?? files.objects,
        ...waits.ofRun(suspension),
      };
      const end = await suspension.endOf(handler.run(params, context), log);
      if (end.kind === 'returned') return end.result;
      await waits.endWaits();
    }
    throw new Error(`The handler has waited ${maxRuns} times and does not end: does it use new names for its waits in each run?`);
  }

  return {
    async run<Type extends JobType>(handler: JobHandler<Type>, params: JsonValue) {
      try {
        return resultOf(handler.type, await once(handler, params));
      } finally {
        attempt += 1;
      }
    },
    reported,
    logged,
    get steps() {
      return Object.fromEntries([...waits.steps].map(([name, { result }]) => [name, result]));
    },
    get sleeps() {
      return Object.fromEntries(waits.sleeps);
    },
    get children() {
      return Object.fromEntries(waits.children);
    },
    textOf: files.textOf,
  };
}

/** The result as it is recorded. */
function resultOf<Type extends JobType>(type: Type, given: JsonValue): ResultOf<Type> {
  const parsed = z.safeParse<Type['result']>(type.result, plainJson(given, maxResultBytes));
  if (parsed.success) return parsed.data;
  throw new TypeError(`The result does not fit the type ${type.name}: ${parsed.error.message}`);
}
