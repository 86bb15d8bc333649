/** The declaration of job types for a typed client: what their JSON Schemas say, as TypeScript. */
import { compile } from 'json-schema-to-typescript-lite';
import { z } from 'zod';
import type { JobList } from '../core/jobList.ts';

const head = '/** Written by `job-tickets types`: params and results of the job types, by their names. */\n';

/** The text of a `.d.ts` that exports `JobTypes`: params as they may be handed in, results as they are given. */
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
    // Tuples of each length up to `maxItems` help nobody.
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
  /** Its own among all types, and the beginning of the names of what the schema defines apart. */
  readonly name: string;
  readonly definitions: Record<string, JsonSchema>;
}

const schemaWithDefinitions = z.object({ definitions: z.record(z.string(), z.custom<JsonSchema>()).default({}) });

/** Draft 7, which the writer of types reads. What the schema refers to moves to `definitions`, which all types share. */
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

/** Of these JSON Schema says nothing, which the writer would take for an object. */
function isAnything({ _zod: { def } }: z.core.$ZodType): boolean {
  return ['any', 'unknown', 'custom', 'transform'].includes(def.type);
}
