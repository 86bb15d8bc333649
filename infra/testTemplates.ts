/** The synthesized templates for tests, each environment's resources by logical id. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { environmentsFor, type Context } from './context.ts';
import type { Environment } from './environments.ts';
import { createJobTicketsApp } from './stacks/jobTicketsApp.ts';

const resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
});
const template = z.object({ Resources: z.record(z.string(), resource) });

export type Resource = z.infer<typeof resource>;

export interface Synthesized extends AsyncDisposable {
  /** The folder with the templates. */
  readonly folder: string;
  /** All resources of an environment. */
  resources(environment: string): Promise<Readonly<Record<string, Resource>>>;
  /** `[logical id, properties]` of each resource of a type. */
  ofType(environment: string, type: string): Promise<readonly (readonly [id: string, properties: Resource['Properties']])[]>;
}

interface SynthesizeOptions {
  /** In addition to the cluster's. */
  readonly context?: Context;
  /** Default: all environments. */
  readonly only?: 'prod';
  /** Changes to an environment's values. */
  readonly changes?: Partial<Environment>;
}

/** A cluster as a person names it, so that staging and prod can be synthesized. */
export const clusterContext = { oidcProvider: 'oidc.example.com/id/1', clusterVpc: 'vpc-1', clusterRouteTables: 'rtb-1,rtb-2' };

export async function synthesize({ context = {}, only, changes = {} }: SynthesizeOptions = {}): Promise<Synthesized> {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-synth-'));
  const wanted = environmentsFor(only === undefined ? [] : [only], { ...clusterContext, ...context });
  createJobTicketsApp(
    folder,
    wanted.map((one) => ({ ...one, ...changes })),
  ).synth();
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
