/** Checks params that take values from the results of other jobs, as far as the schemas of both types allow. */
import { z } from 'zod';
import type { JobType } from '../jobType.ts';
import { jsonSchemasOf } from '../jobType.ts';
import { badInput } from '../text.ts';
import type { JsonPath } from '../workflow/jsonPath.ts';
import type { ParamFrom } from '../workflow/workflow.ts';
import { maxFailuresOf } from './budget.ts';
import type { Core } from './core.ts';
import type { checkedRequest, CreateJobRequest } from './recordJob.ts';

export interface Types {
  readonly own: JobType;
  /** The type of a dependency, by its number. */
  readonly of: (number: number) => JobType | undefined;
}

/**
 * What is not there yet is not missed; what is there, and what it says, must fit. Params stay as they were sent, without their
 * defaults, which the handler's type adds. @throws {JobError} `BAD_USER_INPUT` with the path.
 */
export function checkResults(
  core: Pick<Core, 'settings'>,
  request: CreateJobRequest,
  { own, of }: Types,
  paramsFrom: readonly ParamFrom[],
): ReturnType<typeof checkedRequest> {
  const { params = {} } = request;
  const { error } = own.params.safeParse(params);
  for (const { path, message } of error?.issues ?? []) {
    const place = path.map((key) => (typeof key === 'symbol' ? String(key) : key));
    // A parent object may be missing or incomplete because its values come later.
    if (paramsFrom.some((from) => isWithin(place, from.path) || isWithin(from.path, place))) continue;
    throw badInput(`: ${message}`, ['params', ...place]);
  }
  for (const [index, { path, job, resultPath }] of paramsFrom.entries()) {
    const source = of(job);
    const wanted = schemaAt(jsonSchemasOf(own).params, path);
    const given = source === undefined ? undefined : schemaAt(jsonSchemasOf(source).result, resultPath);
    if (wanted === 'none') throw badInput(`is no place in the params of ${own.name}`, ['paramsFrom', index, 'path']);
    if (given === 'none') throw badInput(`is no place in the result of ${source?.name ?? ''}`, ['paramsFrom', index, 'resultPath']);
    const [is, takes] = [typesOf(given), typesOf(wanted)];
    if (
      is !== undefined &&
      takes !== undefined &&
      !is.some((one) => takes.includes(one) || (one === 'integer' && takes.includes('number')))
    ) {
      throw badInput(`is ${is.join(' or ')}, and ${takes.join(' or ')} is wanted`, ['paramsFrom', index, 'resultPath']);
    }
  }
  return { params, maxFailures: maxFailuresOf(core, own) };
}

/** Whether its keys for limits depend on its params, which are not complete yet. */
export function hasKeys({ policy: { concurrency, rate } }: JobType): boolean {
  return concurrency?.key !== undefined || rate?.key !== undefined;
}

function isWithin(outer: readonly (string | number)[], path: readonly (string | number)[]): boolean {
  return outer.every((key, index) => path[index] === key);
}

const schemaNode = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  prefixItems: z.unknown().optional(),
  anyOf: z.unknown().optional(),
  oneOf: z.unknown().optional(),
  allOf: z.unknown().optional(),
  $ref: z.unknown().optional(),
});
type SchemaNode = z.infer<typeof schemaNode>;

/** `none`: no value can be there. Undefined: the schema does not say. */
function schemaAt(schema: unknown, [key, ...rest]: JsonPath): SchemaNode | 'none' | undefined {
  const node = schemaNode.safeParse(schema).data;
  if (node === undefined || node.anyOf !== undefined || node.oneOf !== undefined || node.allOf !== undefined || node.$ref !== undefined)
    return undefined;
  if (key === undefined) return node;
  const types = typesOf(node);
  if (types !== undefined && !types.includes('object') && !types.includes('array')) return 'none';
  if (typeof key === 'string' && types?.includes('object') === true && !types.includes('array')) {
    const { properties = {}, additionalProperties } = node;
    if (Object.hasOwn(properties, key)) return schemaAt(properties[key], rest);
    if (additionalProperties === false) return 'none';
    return typeof additionalProperties === 'object' ? schemaAt(additionalProperties, rest) : undefined;
  }
  if (typeof key === 'number' && types?.includes('array') === true && node.prefixItems === undefined) return schemaAt(node.items, rest);
  return undefined;
}

function typesOf(node: SchemaNode | 'none' | undefined): readonly string[] | undefined {
  if (node === undefined || node === 'none' || node.type === undefined) return undefined;
  return typeof node.type === 'string' ? [node.type] : node.type;
}
