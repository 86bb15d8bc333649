/** The processes that work on a random graph: each does one thing, may be killed in the middle of it, and goes on where others stopped. */
import { inspect } from 'node:util';
import { JobError } from '../../core/errors.ts';
import type { JobHandler } from '../../core/handler.ts';
import type { Job } from '../../core/job.ts';
import type { Core } from '../../core/usecases/core.ts';
import { readLimits } from '../../core/usecases/limitsInForce.ts';
import { readPauses } from '../../core/usecases/pauses.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ExecuteSettings, WorkerParts } from '../../worker/parts.ts';
import { recently } from '../../worker/recently.ts';
import { noObjects } from '../support/noObjects.ts';
import { Killed, mortalCore, type MortalCore } from './mortalCore.ts';
import type { Turns } from './turns.ts';

export interface GraphProcesses {
  /** Starts a process. Never rejects. */
  start(work: (process: GraphProcess) => Promise<unknown>, luck?: { readonly mayDie: boolean }): void;
  running(): number;
  /** Kills all processes, or those that have run longer than the given time. */
  kill(olderThanMs?: number): void;
  readonly wrong: string[];
}

export interface GraphProcess {
  readonly core: Core;
  readonly parts: WorkerParts;
}

export interface GraphProcessesDeps {
  readonly core: Core;
  readonly turns: Turns;
  readonly chance: () => number;
  readonly now: () => number;
  /** The share of requests that fail, 0 to 1. */
  readonly luck: () => number;
  readonly settings: ExecuteSettings;
  readonly handlerFor: (recordOf: (jobId: string) => Job | undefined) => JobHandler;
}

/** The share of processes that are killed, and the number of the request at which this happens at the latest. */
const deaths = { share: 0.12, requests: 30 };

export function createGraphProcesses(deps: GraphProcessesDeps): GraphProcesses {
  const { core, turns, chance, now, luck, settings, handlerFor } = deps;
  const wrong: string[] = [];
  const running = new Map<MortalCore, number>();
  const never = new AbortController().signal;
  const [pauses, limits] = [recently(() => readPauses(core)), recently(() => readLimits(core))];

  return {
    wrong,
    running: () => running.size,
    start(work, { mayDie } = { mayDie: true }) {
      const diesAt = mayDie && chance() < deaths.share ? 1 + Math.floor(chance() * deaths.requests) : undefined;
      const log = noticing(core.log, wrong);
      const mortal = mortalCore({ core: { ...core, log }, turns, chance, diesAt, luck });
      const handler = handlerFor(mortal.recordOf);
      running.set(mortal, now());
      const parts: WorkerParts = {
        core: mortal.core,
        breaker: mortal.breaker,
        handlers: new Map([[handler.type.name, handler]]),
        objects: noObjects,
        settings,
        // The shortest time of each backoff.
        random: () => -1,
        worker: 'simulated',
        toldTypes: new Set(),
        pauses,
        limits,
        startKeeper: { keep: () => undefined, ready: () => Promise.resolve() },
        stopping: never,
        graceOver: never,
      };
      void work({ core: mortal.core, parts })
        .catch((error: unknown) => notice(error, wrong))
        .finally(() => running.delete(mortal));
    },
    kill(olderThanMs = 0) {
      for (const [mortal, since] of running) if (now() - since >= olderThanMs) mortal.kill();
    },
  };
}

/** Every error or warning that a process logs must be one of the faults that are made here. */
function noticing(log: Log, wrong: string[]): Log {
  const note = (said: { readonly error?: unknown }): void => notice(said.error, wrong);
  const noticed: Log = Object.assign(log.child({}), { warn: note, error: note, child: () => noticed });
  return noticed;
}

function notice(error: unknown, wrong: string[]): void {
  if (error === undefined || error instanceof JobError || error instanceof Killed) return;
  wrong.push(error instanceof Error ? (error.stack ?? error.message) : inspect(error));
}
