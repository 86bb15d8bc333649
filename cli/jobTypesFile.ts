/** The declaration of job types for a typed client: TypeScript made from their JSON Schemas. */
import { compile } from 'json-schema-to-typescript-lite';
import { z } from 'zod';
import type { JobList } from '../core/jobList.ts';

const head = '/** Written by `job-tickets types`: params and results of the job types, by their names. */\n';

/**
 * The text of a `.d.ts` that exports `JobTypes`: params in the form in which they are handed in, results in the form in which
 * they are returned.
 */
export async function jobTypesFile(jobs: JobList): Promise<string> {
  const definitions: Record<string, JsonSchema> = {};
  const properties = Object.fromEntries(
    jobs.map(({ type: { name, params, result } }) => [
      name,
      closedObject({
        params: jsonSchemaOf(params, { io: 'input', name: `${name}_params`, definitions }),
        result: jsonSchemaOf(result, { io: 'output', name: `${name}_result`, definitions }),
      }),
    ]),
  );
  const text = await compile({ ...closedObject(properties), definitions }, 'JobTypes', {
    additionalProperties: false,
    // Without this, the writer would list a tuple for each length up to `maxItems`.
    ignoreMinAndMaxItems: true,
  });
  return head + text;
}

type JsonSchema = Parameters<typeof compile>[0];

function closedObject(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

interface JsonSchemaOptions {
  readonly io: 'input' | 'output';
  /** Unique among all types, and the prefix of the names that the schema defines. */
  readonly name: string;
  readonly definitions: Record<string, JsonSchema>;
}

const schemaWithDefinitions = z.object({ definitions: z.record(z.string(), z.custom<JsonSchema>()).default({}) });

/** Draft 7, which the writer of types reads. Definitions move to `definitions`, which all types share. */
function jsonSchemaOf(schema: z.ZodType, { io, name, definitions }: JsonSchemaOptions): JsonSchema {
  const { $schema: _, ...own } = z.toJSONSchema(schema, {
    io,
    target: 'draft-7',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      if (isAnything(zodSchema)) jsonSchema['tsType'] = 'unknown';
    },
  });
  let refersToItself = false;
  const pointed: unknown = JSON.parse(JSON.stringify(own), (key, value: unknown) => {
    if (key !== '$ref' || typeof value !== 'string') return value;
    refersToItself ||= value === '#';
    return value === '#' ? `#/definitions/${name}` : value.replace('#/definitions/', `#/definitions/${name}_`);
  });
  const apart = schemaWithDefinitions.parse(pointed).definitions;
  for (const [key, definition] of Object.entries(apart)) definitions[`${name}_${key}`] = definition;
  const root = { ...z.custom<JsonSchema>().parse(pointed), definitions: undefined };
  if (!refersToItself) return root;
  definitions[name] = root;
  return { $ref: `#/definitions/${name}` };
}

/** JSON Schema says nothing of these, which the writer would take for an object. */
function isAnything({ _zod: { def } }: z.core.$ZodType): boolean {
  return ['any', 'unknown', 'custom', 'transform'].includes(def.type);
}
