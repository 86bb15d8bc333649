/** What a client knows of job types, and the types of jobs that follow from it. */
import type { Job, JobPriority } from './job.ts';

/** By the names of types: `job-tickets types` writes such a map of a server's own types. */
export type JobTypesMap<Types> = { readonly [Name in keyof Types]: { readonly params: unknown; readonly result: unknown } };

/** Where nothing is known of the types, any name is accepted. */
export type AnyJobTypes = Readonly<Record<string, { readonly params: unknown; readonly result: unknown }>>;

export type NameOf<Types> = keyof Types & string;

export type TypedJob<Types extends JobTypesMap<Types>, Name extends keyof Types> = Job<Types[Name]['params'], Types[Name]['result']>;

export interface CreateJobInput<Name extends string, Params> {
  readonly type: Name;
  /** Default `{}`. */
  readonly params?: Params;
  /** Default NORMAL. */
  readonly priority?: JobPriority;
  /**
   * The same key with the same payload returns the same job, for 24 hours. Default: a random key, so that a repeat after a lost
   * answer makes no second job.
   */
  readonly idempotencyKey?: string;
  /** Tags for finding it again: at most five, of 1 to 64 characters each. */
  readonly tags?: readonly string[];
  /** Do not begin before so many seconds have passed, 0 to 900. Default 0. */
  readonly delaySeconds?: number;
  /** ISO 8601 with its offset; instead of a delay. */
  readonly runAt?: string;
}

/** Of any type. */
export type AnyJobInput<Types extends JobTypesMap<Types>> = {
  [Name in NameOf<Types>]: CreateJobInput<Name, Types[Name]['params']>;
}[NameOf<Types>];
