/** The synthesized templates for tests, each environment's resources by logical id. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { environments } from './environments.ts';
import { createJobTicketsApp } from './stacks/jobTicketsApp.ts';

const resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
});
const template = z.object({ Resources: z.record(z.string(), resource) });

export type Resource = z.infer<typeof resource>;

export interface Synthesized extends AsyncDisposable {
  /** The folder that was written. */
  readonly folder: string;
  /** All resources of an environment. */
  resources(environment: string): Promise<Readonly<Record<string, Resource>>>;
  /** `[logical id, properties]` of each resource of a type. */
  ofType(environment: string, type: string): Promise<readonly (readonly [id: string, properties: Resource['Properties']])[]>;
}

interface SynthesizeOptions {
  /** As the CDK's command line takes it with `-c`. */
  readonly context?: Readonly<Record<string, string>>;
  /** Default: all environments. */
  readonly only?: 'prod';
}

export async function synthesize({ context = {}, only }: SynthesizeOptions = {}): Promise<Synthesized> {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-synth-'));
  const stacks = environments.filter(({ name }) => only === undefined || name === only);
  createJobTicketsApp(folder, { context, stacks }).synth();
  const resources = async (environment: string) => {
    const text = await readFile(join(folder, `job-tickets-${environment}.template.json`), 'utf8');
    return template.parse(JSON.parse(text)).Resources;
  };
  return {
    folder,
    resources,
    async ofType(environment, type) {
      const all = Object.entries(await resources(environment));
      return all.filter(([, { Type }]) => Type === type).map(([id, { Properties }]) => [id, Properties] as const);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
