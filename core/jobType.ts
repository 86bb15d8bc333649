/**
 * What a job type is: its name, the schemas of its params and results, how its attempts are made. Each stands in a
 * folder of its own (`jobs/`); whoever needs the types of a process takes a `JobTypes` as an argument.
 */
import { z } from 'zod';
import type { JsonValue } from './job.ts';

/** How a type's attempts are made. What is absent is the worker's default (`ATTEMPTS_PER_RECEIVE`, `BACKOFF_*`). */
export interface JobPolicy<Params = JsonValue> {
  /** An attempt that runs longer is aborted and counts as failed. */
  readonly timeoutSeconds: number;
  readonly attemptsPerReceive?: number;
  readonly backoffBaseMs?: number;
  readonly backoffMaxMs?: number;
  /** How many of its jobs run at once. */
  readonly concurrency?: ConcurrencyPolicy<Params>;
  /** How often its attempts begin. */
  readonly rate?: RatePolicy<Params>;
}

/** What is absent is no limit, unless one is set while the system runs. */
export interface ConcurrencyPolicy<Params = JsonValue> {
  /** Of those of one key. */
  readonly perKey?: number;
  /** Of all. */
  readonly total?: number;
  /** Which jobs count together: asked once, when a job is handed in. Without it: all. */
  key?(params: Params, owner: string): string;
}

/** To protect somebody else's service: every attempt counts. */
export interface RatePolicy<Params = JsonValue> {
  /** In `seconds`, of those of one key. */
  readonly starts?: number;
  readonly seconds?: number;
  /** How many more may follow at once on a time without starts. Default: a tenth of `starts`, at least 1. */
  readonly burst?: number;
  /** Which jobs count together: asked once, when a job is handed in. Without it: all. */
  key?(params: Params, owner: string): string;
}

/** What a schema of a type parses is JSON: it is recorded, and given to handlers and clients, as it is. */
type JsonSchema = z.ZodType<JsonValue>;

export interface JobType<Name extends string = string, Params extends JsonSchema = JsonSchema, Result extends JsonSchema = JsonSchema> {
  /** Lower-case words joined by underscores, at most 64 characters. */
  readonly name: Name;
  /** One or two sentences for those who choose among the types. */
  readonly description: string;
  readonly params: Params;
  readonly result: Result;
  readonly policy: JobPolicy<z.output<Params>>;
  /** Params to start from, in GraphiQL and in the dashboard. */
  readonly example: z.input<Params>;
}

export type ParamsOf<Type extends JobType> = z.output<Type['params']>;
export type ResultOf<Type extends JobType> = z.output<Type['result']>;

/** The type as it is given; its name is kept as a literal, so that a handler of another type does not fit. */
export function defineJobType<const Name extends string, Params extends JsonSchema, Result extends JsonSchema>(
  type: JobType<Name, Params, Result>,
): JobType<Name, Params, Result> {
  return type;
}

/** Any JSON, as it is: what is checked has been parsed from JSON, and Zod's own `json` drops a key called `__proto__`. */
export const anyJson = z.custom<JsonValue>();

/** The job types that a process knows. */
export interface JobTypes {
  /** In the order of their list. */
  readonly all: readonly JobType[];
  find(name: string): JobType | undefined;
}

export function createJobTypes(all: readonly JobType[]): JobTypes {
  const byName = new Map(all.map((type) => [type.name, type]));
  return { all, find: (name) => byName.get(name) };
}

export interface JsonSchemas {
  /** What may be handed in: a field with a default may be left out. */
  readonly params: object;
  readonly result: object;
}

const madeSchemas = new WeakMap<JobType, JsonSchemas>();

/** The type's schemas as JSON Schema, draft 2020-12; made once a type, since making them costs far more than sending them. */
export function jsonSchemasOf(type: JobType): JsonSchemas {
  const made = madeSchemas.get(type) ?? {
    params: z.toJSONSchema(type.params, { io: 'input', unrepresentable: 'any' }),
    result: z.toJSONSchema(type.result, { unrepresentable: 'any' }),
  };
  madeSchemas.set(type, made);
  return made;
}
