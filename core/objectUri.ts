/**
 * Params that name objects. A type marks them with `inputUri` and `outputUri`: whether they are read or written. The check of
 * who may do so is derived from these marks.
 */
import { z } from 'zod';
import type { JsonValue } from './job.ts';
import type { ObjectUse } from './objectAccess.ts';

/** The hyphen is escaped because browsers read a form's patterns with the flag `v`. */
const bucket = '[a-z0-9][a-z0-9.\\-]{1,61}[a-z0-9]';

/** S3's naming rules for buckets; keys of at most 1,024 bytes, without `.` and `..` segments. */
export const s3Uri = z
  .string()
  .max(1100)
  .regex(new RegExp(`^s3://${bucket}/[^\\s].*$`), 'must look like s3://bucket/key')
  .refine((uri) => !uri.split('/').some((segment) => segment === '..' || segment === '.'), 'must not contain . or .. segments');

/** Passed on to a schema that is derived from one of these, such as one with another description. */
const uses = z.registry<{ readonly use: ObjectUse }>();

/** The address of an object that the handler reads. */
export const inputUri = s3Uri.clone();
uses.add(inputUri, { use: 'read' });

/** The address of an object that the handler writes. */
export const outputUri = s3Uri.clone();
uses.add(outputUri, { use: 'written' });

export interface NamedObject {
  readonly path: readonly (string | number)[];
  readonly uri: string;
  readonly use: ObjectUse;
}

/** The objects that params name, as their schema marks them. The params are what the schema parsed. */
export function objectsNamedIn(schema: z.core.$ZodType, params: JsonValue): readonly NamedObject[] {
  return namesObjects(schema) ? Array.from(marked(schema, params, [])) : [];
}

/** A schema that is made again at every access is infinitely deep. */
const maxParts = 1000;

/** By schema: most types name no objects, and their params need not be walked. */
const naming = new WeakMap<z.core.$ZodType, boolean>();

function namesObjects(schema: z.core.$ZodType): boolean {
  const known = naming.get(schema);
  if (known !== undefined) return known;
  const reached = new Set([schema]);
  let names = false;
  // Items added during the loop are visited too.
  for (const one of reached) {
    names ||= uses.get(one)?.use !== undefined || reached.size > maxParts;
    if (names) break;
    for (const part of partsOf(one)) reached.add(part);
  }
  naming.set(schema, names);
  return names;
}

type Path = NamedObject['path'];

function* marked(schema: z.core.$ZodType, value: JsonValue | undefined, path: Path): Generator<NamedObject, void, undefined> {
  if (value === undefined || value === null) return;
  if (typeof value === 'string') {
    const use = uses.get(schema)?.use;
    if (use !== undefined) return yield { path, uri: value, use };
  } else if (isArray(value)) {
    for (const [index, part] of value.entries())
      for (const inner of elementsOf(schema, index)) yield* marked(inner, part, [...path, index]);
  } else if (typeof value === 'object') {
    for (const [key, part] of Object.entries(value)) for (const inner of fieldsOf(schema, key)) yield* marked(inner, part, [...path, key]);
  }
  for (const inner of sameValue(schema, value)) yield* marked(inner, value, path);
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function partsOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.core.$ZodArray) return [schema._zod.def.element];
  if (schema instanceof z.core.$ZodTuple) return [...schema._zod.def.items, ...present(schema._zod.def.rest)];
  if (schema instanceof z.core.$ZodRecord) return [schema._zod.def.valueType];
  if (schema instanceof z.core.$ZodObject) return [...Object.values(schema._zod.def.shape), ...present(schema._zod.def.catchall)];
  if (schema instanceof z.core.$ZodUnion) return schema._zod.def.options;
  return ofSameValue(schema);
}

function elementsOf(schema: z.core.$ZodType, index: number): readonly z.core.$ZodType[] {
  if (schema instanceof z.core.$ZodArray) return [schema._zod.def.element];
  if (!(schema instanceof z.core.$ZodTuple)) return [];
  const { items, rest } = schema._zod.def;
  return present(items[index] ?? rest);
}

function fieldsOf(schema: z.core.$ZodType, key: string): readonly z.core.$ZodType[] {
  if (schema instanceof z.core.$ZodRecord) return [schema._zod.def.valueType];
  if (!(schema instanceof z.core.$ZodObject)) return [];
  const { shape, catchall } = schema._zod.def;
  return present(Object.hasOwn(shape, key) ? shape[key] : catchall);
}

/** The parts of a schema that apply to the same value. */
function sameValue(schema: z.core.$ZodType, value: JsonValue): readonly z.core.$ZodType[] {
  if (schema instanceof z.core.$ZodUnion) return schema._zod.def.options.filter((option) => z.safeParse(option, value).success).slice(0, 1);
  return ofSameValue(schema);
}

function ofSameValue(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.core.$ZodIntersection) return [schema._zod.def.left, schema._zod.def.right];
  if (schema instanceof z.core.$ZodPipe) return [schema._zod.def.in, schema._zod.def.out];
  if (schema instanceof z.core.$ZodLazy) return [schema._zod.innerType];
  return wrappers.flatMap((wrapper) => (schema instanceof wrapper ? [schema._zod.def.innerType] : []));
}

const wrappers = [
  z.core.$ZodOptional,
  z.core.$ZodNullable,
  z.core.$ZodDefault,
  z.core.$ZodPrefault,
  z.core.$ZodNonOptional,
  z.core.$ZodCatch,
  z.core.$ZodReadonly,
] as const;

function present<Value>(value: Value | null | undefined): readonly Value[] {
  return value === null || value === undefined ? [] : [value];
}
