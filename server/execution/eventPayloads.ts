/**
 * The answers to events as JSON: those who select the same of the same event, with the same variables and rights, share
 * one. Projected where the selection can be, else executed by graphql-js, which says the same.
 */
import { execute, type DocumentNode, type ExecutionResult, type GraphQLError } from 'graphql';
import type { PushedEvent } from '../../core/usecases/watchJob.ts';
import { variablesBelowRoot } from './belowRoot.ts';
import { createDocumentCache } from './documentCache.ts';
import type { WatchArgs } from './operations.ts';
import { payloadOf } from './payload.ts';
import { compileProjector, type Projector } from './projector.ts';

/** All that an answer depends on, beside the event: stored once for all that ask for the same. */
export interface Shape {
  readonly key: string;
  readonly args: WatchArgs;
  readonly project: Projector | undefined;
  subscribers: number;
  /** Only for this turn, in which an event reaches all watchers that are not behind. */
  lastEvent: PushedEvent | undefined;
  lastPayload: Payload | undefined;
  /** Results of this turn that took more than a moment. */
  executed: Map<PushedEvent, Payload> | undefined;
}

export type Payload = string | Promise<string>;

export interface EventPayloads {
  /** Returns the function to leave again. Nothing where it would exceed its owner's limit. */
  join(args: WatchArgs): Shape | undefined;
  leave(shape: Shape): void;
  payloadFor(event: PushedEvent, shape: Shape): Payload;
}

/** The additional memory for one more that asks for the same: its watch, its id. */
const subscriberBytes = 512;

const never = new AbortController().signal;

export interface EventPayloadsDeps {
  readonly mask: (error: unknown, traceId: string) => GraphQLError;
  /** The memory that watches of one owner may use; watches with the same selection share it. */
  readonly maxBytesPerOwner: number;
}

export function createEventPayloads({ mask, maxBytesPerOwner }: EventPayloadsDeps): EventPayloads {
  const documentNumbers = new WeakMap<DocumentNode, number>();
  const projectors = createDocumentCache<{ readonly project: Projector | undefined }>();
  const shapes = new Map<string, Shape>();
  /** By owner. */
  const bytesKept = new Map<string, number>();
  /** Shapes with results of this turn. */
  let touched: Shape[] = [];
  let documents = 0;

  function numberOf(document: DocumentNode): number {
    const known = documentNumbers.get(document);
    if (known !== undefined) return known;
    documents += 1;
    documentNumbers.set(document, documents);
    return documents;
  }

  /** Owners with the same selection share it. */
  function projectorOf(selection: string, args: WatchArgs): Projector | undefined {
    const compiled = projectors.get(selection) ?? { project: compileProjector(args) };
    projectors.set(selection, compiled);
    return compiled.project;
  }

  function keep({ contextValue: { owner } }: WatchArgs, bytes: number): boolean {
    const kept = (bytesKept.get(owner) ?? 0) + bytes;
    if (bytes > 0 && kept > maxBytesPerOwner) return false;
    if (kept > 0) bytesKept.set(owner, kept);
    else bytesKept.delete(owner);
    return true;
  }

  function shapeOf(args: WatchArgs): Shape | undefined {
    const { document, operationName, contextValue } = args;
    const selection = JSON.stringify([numberOf(document), operationName ?? null, variablesBelowRoot(args)]);
    const key = `${selection}${contextValue.owner}`;
    const known = shapes.get(key);
    if (known !== undefined) return known;
    if (!keep(args, args.bytes ?? 0)) return undefined;
    const shape: Shape = {
      key,
      // The first to ask may leave before the others: the answer must not end with any of them.
      args: { ...args, contextValue: { ...contextValue, signal: never } },
      project: projectorOf(selection, args),
      subscribers: 0,
      lastEvent: undefined,
      lastPayload: undefined,
      executed: undefined,
    };
    shapes.set(key, shape);
    return shape;
  }

  function touch(shape: Shape): void {
    if (touched.push(shape) > 1) return;
    setImmediate(() => {
      for (const one of touched) one.lastEvent = one.lastPayload = one.executed = undefined;
      touched = [];
    });
  }

  function made(event: PushedEvent, shape: Shape): Payload {
    shape.args.answer?.release();
    const text = projected(event, shape);
    // Computed again in less time than a look-up takes.
    if (typeof text === 'string') return text;
    const payload = text?.catch(() => executed(event, shape)) ?? executed(event, shape);
    (shape.executed ??= new Map<PushedEvent, Payload>()).set(event, payload);
    return payload;
  }

  /** Undefined, or rejected, where graphql-js has to answer. */
  function projected(event: PushedEvent, { project, args }: Shape): Payload | undefined {
    try {
      return project?.(event, args.contextValue);
    } catch {
      return undefined;
    }
  }

  function executed(event: PushedEvent, { args }: Shape): Payload {
    const text = ({ errors, ...rest }: ExecutionResult): string =>
      payloadOf({ ...rest, errors: errors?.map((error) => mask(error, args.contextValue.traceId)) });
    const result = execute({ ...args, rootValue: event });
    return result instanceof Promise ? result.then(text) : text(result);
  }

  return {
    join(args) {
      if (!keep(args, subscriberBytes)) return undefined;
      const shape = shapeOf(args);
      if (shape === undefined) keep(args, -subscriberBytes);
      else shape.subscribers += 1;
      return shape;
    },
    leave(shape) {
      shape.subscribers -= 1;
      keep(shape.args, -subscriberBytes);
      if (shape.subscribers > 0) return;
      shapes.delete(shape.key);
      keep(shape.args, -(shape.args.bytes ?? 0));
    },
    payloadFor(event, shape) {
      // Watchers of the same are served one after another.
      if (shape.lastEvent === event && shape.lastPayload !== undefined) return shape.lastPayload;
      if (shape.lastEvent === undefined) touch(shape);
      const payload = shape.executed?.get(event) ?? made(event, shape);
      shape.lastEvent = event;
      shape.lastPayload = payload;
      return payload;
    },
  };
}
