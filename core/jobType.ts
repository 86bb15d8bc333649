/**
 * What a job type is: its name, the schemas of its params and results, how its attempts are made. Each stands in a folder of
 * its own (`jobs/`); code that needs the types of a process takes a `JobTypes` as an argument.
 */
import { z } from 'zod';
import type { JsonValue } from './job.ts';

/** How a type's attempts are made. What is absent has the worker's default (`ATTEMPTS_PER_RECEIVE`, `BACKOFF_*`). */
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

/** A limit that is absent is not applied, unless one is set while the system runs. */
export interface ConcurrencyPolicy<Params = JsonValue> {
  /** For the jobs of one key. */
  readonly perKey?: number;
  /** For all jobs of the type. */
  readonly total?: number;
  /** The key by which jobs count together: computed once, when a job is handed in. Without it all count together. */
  key?(params: Params, owner: string): string;
}

/** Protects another service: every attempt counts. */
export interface RatePolicy<Params = JsonValue> {
  /** Starts in `seconds`, for the jobs of one key. */
  readonly starts?: number;
  readonly seconds?: number;
  /** How many more may start at once after a time without starts. Default: a tenth of `starts`, at least 1. */
  readonly burst?: number;
  /** The key by which jobs count together: computed once, when a job is handed in. Without it all count together. */
  key?(params: Params, owner: string): string;
}

/** A parsed value must be JSON: it is recorded, and given to handlers and clients, without conversion. */
type JsonSchema = z.ZodType<JsonValue>;

export interface JobType<Name extends string = string, Params extends JsonSchema = JsonSchema, Result extends JsonSchema = JsonSchema> {
  /** Lower-case words joined by underscores, at most 64 characters. */
  readonly name: Name;
  /** One or two sentences for those who choose among the types. */
  readonly description: string;
  readonly params: Params;
  readonly result: Result;
  readonly policy: JobPolicy<z.output<Params>>;
  /** Example params, used as a start in GraphiQL and in the dashboard. */
  readonly example: z.input<Params>;
}

export type ParamsOf<Type extends JobType> = z.output<Type['params']>;
export type ResultOf<Type extends JobType> = z.output<Type['result']>;

/** Returns the type unchanged. Its name is kept as a literal type, so that a handler of another type does not fit. */
export function defineJobType<const Name extends string, Params extends JsonSchema, Result extends JsonSchema>(
  type: JobType<Name, Params, Result>,
): JobType<Name, Params, Result> {
  return type;
}

/** Any JSON value, unchanged. What is checked was parsed from JSON already, and Zod's own `json` drops a key called `__proto__`. */
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
  /** The params as a client hands them in: a field with a default may be left out. */
  readonly params: object;
  readonly result: object;
}

const madeSchemas = new WeakMap<JobType, JsonSchemas>();

/** The type's schemas as JSON Schema, draft 2020-12. Made once per type, since making them costs far more than sending them. */
export function jsonSchemasOf(type: JobType): JsonSchemas {
  const made = madeSchemas.get(type) ?? {
    params: z.toJSONSchema(type.params, { io: 'input', unrepresentable: 'any' }),
    result: z.toJSONSchema(type.result, { unrepresentable: 'any' }),
  };
  madeSchemas.set(type, made);
  return made;
}
