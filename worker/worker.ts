/** A worker: polls the queues, runs handlers, and stops so that nothing is lost. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { monotonic } from '../core/clock.ts';
import type { Handlers } from '../core/jobList.ts';
import type { ObjectEngine } from '../core/objects.ts';
import type { ReceivedMessage } from '../core/queue/jobQueues.ts';
import type { Core } from '../core/usecases/core.ts';
import { readLimits } from '../core/usecases/limitsInForce.ts';
import { readPauses } from '../core/usecases/pauses.ts';
import { ShuttingDown } from './aborts.ts';
import { createBreaker } from './breaker.ts';
import { execute } from './execute.ts';
import { startHeartbeat, type Heartbeat } from './heartbeat.ts';
import type { ExecuteSettings, WorkerParts } from './parts.ts';
import { startPoll, type Poll } from './poll.ts';
import { recently } from './recently.ts';
import { openStartKeeper } from './startKeeper.ts';

export interface WorkerSettings extends ExecuteSettings {
  readonly workerConcurrency: number;
  readonly receiveWaitSeconds: number;
  readonly shutdownGraceSeconds: number;
  /** The version of the program, for `workers`. */
  readonly version?: string | undefined;
}

export interface Worker {
  /** May be called twice. */
  start(): void;
  /**
   * Receives nothing more, lets running jobs finish within the grace time, and gives the rest back at once. May be called
   * twice, and on a worker that was never started.
   */
  stop(): Promise<void>;
  /** Ends the grace time now. */
  hurry(): void;
  /** For operators. */
  health(): { readonly running: number; readonly table: 'answers' | 'away' };
}

export interface WorkerDeps {
  readonly core: Pick<Core, 'table' | 'queues' | 'feed' | 'log' | 'telemetry'>;
  readonly handlers: Handlers;
  /** The objects of all jobs; a handler gets only its own. */
  readonly objects: ObjectEngine;
  readonly settings: WorkerSettings;
  /** 0 to 1, for jitter. */
  readonly random?: () => number;
  /** Recorded with its attempts, and shown in the list of workers. Default: a name of its own. */
  readonly name?: string;
}

export function createWorker({ core, handlers, objects, settings, random = Math.random, name = workerId() }: WorkerDeps): Worker {
  const { log, queues, telemetry } = core;
  const stopping = new AbortController();
  const graceOver = new AbortController();
  const breaker = createBreaker({ table: core.table, random, log });
  const stopCounting = telemetry.gauge('running', () => poll?.running() ?? 0);
  const stopOffering = telemetry.gauge('slots', () => (poll === undefined ? 0 : settings.workerConcurrency));
  const stopTelling = telemetry.gauge('tableAway', () => (breaker.isOpen() ? 1 : 0));
  /** Messages whose slots may be free again. */
  const executing = new Set<Promise<void>>();
  let poll: Poll | undefined;
  let heartbeat: Heartbeat | undefined;
  let stopped: Promise<void> | undefined;

  async function stop(): Promise<void> {
    if (poll !== undefined) {
      const timer = setTimeout(hurry, settings.shutdownGraceSeconds * 1000);
      graceOver.signal.addEventListener('abort', breaker.stop, { once: true });
      await poll.stop(graceOver.signal);
      // Only now, so that no receive of this worker gets back what it gives away.
      stopping.abort();
      await poll.drained();
      await Promise.all(executing);
      clearTimeout(timer);
      await heartbeat?.end();
      log.info('the worker has stopped');
    }
    stopping.abort();
    breaker.stop();
    stopCounting();
    stopOffering();
    stopTelling();
  }

  /** Resolves when the message's slot is free. */
  function begin(parts: WorkerParts, message: ReceivedMessage): Promise<void> {
    const worked = Promise.withResolvers<void>();
    const execution = execute(parts, message, worked.resolve).finally(() => {
      executing.delete(execution);
      worked.resolve();
    });
    executing.add(execution);
    return worked.promise;
  }

  function hurry(): void {
    graceOver.abort(new ShuttingDown('the worker shuts down'));
  }

  return {
    start() {
      if (stopped !== undefined) return;
      const limits = recently(() => readLimits(core));
      const parts: WorkerParts = {
        core: { ...core, table: breaker.table },
        handlers,
        objects,
        settings,
        pauses: recently(() => readPauses(core)),
        limits,
        startKeeper: openStartKeeper({ core, handlers, limits, stopping: stopping.signal }),
        toldTypes: new Set(),
        random,
        worker: name,
        breaker,
        stopping: stopping.signal,
        graceOver: graceOver.signal,
      };
      poll ??= startPoll({
        queues,
        concurrency: settings.workerConcurrency,
        receiveWaitSeconds: settings.receiveWaitSeconds,
        visibilityTimeoutSeconds: settings.visibilityTimeoutSeconds,
        breaker,
        now: monotonic,
        log,
        execute: (message) => begin(parts, message),
      });
      heartbeat ??= startHeartbeat({
        core,
        about: { id: name, version: settings.version, types: [...handlers.keys()], slots: settings.workerConcurrency },
        running: () => poll?.running() ?? 0,
      });
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
    hurry,
    health: () => ({ running: poll?.running() ?? 0, table: breaker.isOpen() ? 'away' : 'answers' }),
  };
}

/** The name of one run. In a cluster the machine is the pod, whose log is then easy to find. */
function workerId(): string {
  return `${hostname()}-${randomBytes(4).toString('hex')}`;
}
