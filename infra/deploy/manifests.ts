/** The manifests of an environment with the images of one tag, in two files: workers, and the resources that all parts need, go first. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { ContextError } from '../context.ts';
import type { Target } from './command.ts';

export interface ManifestsDeps extends Pick<Target, 'environment' | 'shell' | 'kubectl'> {
  /** Where both files are written. */
  readonly folder: string;
  /** The path from `folder` to the overlay, as kustomize needs it. */
  readonly overlay: string;
  readonly registry: string;
  readonly tag: string;
}

const kubernetesObject = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });

/** Texts in the repository that a person has to replace. */
const placeholders = /000000000000|\bexample\.com\b/g;

/** @throws {ContextError} where the manifests still contain a placeholder. */
export async function writeManifests({ environment, shell, kubectl, folder, overlay, registry, tag }: ManifestsDeps) {
  const images = ['server', 'worker'].map((part) => `  - name: ${registry}/job-tickets-${environment.name}/${part}\n    newTag: ${tag}\n`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'kustomization.yaml'), `resources:\n  - ${overlay}\nimages:\n${images.join('')}`);
  const text = await shell.read([...kubectl, 'kustomize', folder]);
  const found = new Set(Array.from(text.matchAll(placeholders), ([placeholder]) => placeholder));
  if (found.size > 0) {
    throw new ContextError(`k8s/overlays/${environment.name} still has ${[...found].join(' and ')}: replace them by your own, and commit`);
  }
  const isServer = (value: unknown): boolean => {
    const { kind, metadata } = kubernetesObject.parse(value);
    return kind === 'Deployment' && metadata.name === 'server';
  };
  const documents = parseAllDocuments(text);
  const files = { before: join(folder, 'before.yaml'), server: join(folder, 'server.yaml') };
  const joined = (server: boolean): string => documents.filter((one) => isServer(one.toJS()) === server).join('');
  await writeFile(files.before, joined(false));
  await writeFile(files.server, joined(true));
  return files;
}
