/** The list of job types that a process runs with, each beside the way to its handler: `jobs/`, or a team's own. */
import { z } from 'zod';
import type { JobHandler } from './handler.ts';
import { typeLimits } from './typeLimits.ts';
import { createJobTypes, type JobType, type JobTypes } from './jobType.ts';
import { deliverWebhook } from './webhook.ts';

export interface ListedJob<Type extends JobType = JobType> {
  readonly type: Type;
  /** Called by workers only: a server or the docs never load what a handler needs. */
  readonly loadHandler: () => Promise<{ readonly handler: JobHandler<Type> }>;
}

export type JobList = readonly ListedJob[];

/** `listJob(resizeImage, () => import('./resizeImage/handler.ts'))`: the module exports the type's own `handler`. */
export function listJob<Type extends JobType>(type: Type, loadHandler: ListedJob<Type>['loadHandler']): ListedJob<Type> {
  return { type, loadHandler };
}

/** A list in which no two types have the same name; else it does not compile. */
export function listJobs<const List extends JobList>(list: List & UniqueNames<List>): List {
  return list;
}

type UniqueNames<List extends JobList> = {
  [Index in keyof List]: NameOf<List[Index]> extends NamesBeside<List, Index> ? `two types are called ${NameOf<List[Index]>}` : List[Index];
};
type NameOf<Listed> = Listed extends ListedJob<infer Type> ? Type['name'] : never;
type NamesBeside<List extends JobList, Index> = {
  [Other in keyof List]: Other extends Index ? never : NameOf<List[Other]>;
}[number];

/** What is wrong with a list that comes from another module, in a sentence; `undefined` where nothing is. */
export function faultOfJobList(list: unknown): string | undefined {
  const parsed = listShape.safeParse(list);
  if (parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  const [index, ...path] = issue?.path ?? [];
  const place = index === undefined ? 'the list' : `entry ${Number(index) + 1}${path.length === 0 ? '' : ` (${path.join('.')})`}`;
  return `${place}: ${issue?.message ?? 'not valid'}`;
}

export function isJobList(list: unknown): list is JobList {
  return faultOfJobList(list) === undefined;
}

export function jobTypesOf(list: JobList): JobTypes {
  return createJobTypes(list.map(({ type }) => type));
}

/** The handlers by the names of their types. */
export type Handlers = ReadonlyMap<string, JobHandler>;

/** @throws {Error} naming the type whose module cannot be loaded, has no handler, or has the handler of another type. */
export async function loadHandlers(list: JobList): Promise<Handlers> {
  return new Map(
    await Promise.all(list.map(async (listed): Promise<readonly [string, JobHandler]> => [listed.type.name, await handlerOf(listed)])),
  );
}

async function handlerOf({ type, loadHandler }: ListedJob): Promise<JobHandler> {
  const module: unknown = await Promise.try(loadHandler).catch((cause: unknown) => {
    throw new Error(`The module of ${type.name} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  const parsed = moduleShape.safeParse(module);
  if (!parsed.success) throw new Error(`The module of ${type.name} exports no \`handler\` that \`defineHandler\` made.`);
  const { handler } = parsed.data;
  if (handler.type.name !== type.name) throw new Error(`The module of ${type.name} exports the handler of ${handler.type.name}.`);
  return handler;
}

const handlerShape = z.object({ run: z.custom((value) => typeof value === 'function'), type: z.object({ name: z.string() }) });
const moduleShape = z.object({ handler: z.custom<JobHandler>((value) => handlerShape.safeParse(value).success) });

const isSchema = (value: unknown): boolean =>
  value instanceof z.ZodType || (typeof value === 'object' && value !== null && '_zod' in value);
const schema = z.custom<JobType['params']>(isSchema, 'is not a Zod schema (version 4)');
const positive = z.number().positive();

const limitShape = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject({ ...shape, key: z.custom((value) => typeof value === 'function', 'is no function').optional() });

const typeShape = z.looseObject({
  name: z
    .string()
    .max(64)
    .regex(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/, 'is lower-case words joined by underscores')
    .refine((name) => name !== deliverWebhook.name, 'is the name of a type that the system has itself'),
  description: z.string().min(1, 'says what the type does'),
  params: schema,
  result: schema,
  policy: z
    .looseObject({
      timeoutSeconds: positive,
      attemptsPerReceive: z.int().positive().optional(),
      backoffBaseMs: positive.optional(),
      backoffMaxMs: positive.optional(),
      concurrency: limitShape(typeLimits.shape.concurrency.unwrap().shape).optional(),
      rate: limitShape(typeLimits.shape.rate.unwrap().partial().shape)
        .refine(({ starts, seconds }) => (starts === undefined) === (seconds === undefined), 'has both starts and seconds, or neither')
        .optional(),
    })
    .refine(({ backoffBaseMs = 0, backoffMaxMs = Infinity }) => backoffBaseMs <= backoffMaxMs, {
      path: ['backoffBaseMs'],
      message: 'is longer than backoffMaxMs',
    }),
  example: z.unknown(),
});

const listShape = z
  .array(
    z.looseObject({
      type: typeShape.superRefine(({ params, example }, context) => {
        const fits = params.safeParse(example);
        const [issue] = fits.error?.issues ?? [];
        if (issue === undefined) return;
        context.addIssue({ code: 'custom', path: ['example', ...issue.path], message: `does not fit params: ${issue.message}` });
      }),
      loadHandler: z.custom<ListedJob['loadHandler']>((value) => typeof value === 'function', 'has no way to its handler'),
    }),
    'is not an array of what `listJob` gives',
  )
  .min(1, 'is empty')
  .superRefine((list, context) => {
    const names = list.map(({ type }) => type.name);
    names.forEach((name, index) => {
      if (names.indexOf(name) < index) context.addIssue({ code: 'custom', path: [index], message: `two types are called ${name}` });
    });
  });
