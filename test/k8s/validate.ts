/**
 * Validates Kubernetes objects without a cluster, as `kubectl apply` would with strict validation: the schemas say what
 * a value must be, and the compiler refuses fields that the API does not know. Both come from `kubernetes-models` and
 * its siblings for KEDA and the Prometheus operator, which are made from the published OpenAPI documents.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');

export const kubernetesObject = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
export type KubernetesObject = z.infer<typeof kubernetesObject>;

/** Of a YAML text with several documents. */
export function objectsIn(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text).map((document) => kubernetesObject.parse(document.toJS()));
}

/** What is wrong with the objects, one line each; empty when all are valid. */
export async function violations(objects: readonly KubernetesObject[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-k8s-'));
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['objects.ts'] }));
    await writeFile(join(folder, 'objects.ts'), programOf(objects));
    const [types, values] = await Promise.all([run(folder, 'tsc', '--pretty', 'false'), run(folder, 'node', 'objects.ts')]);
    return [types, values].flatMap((output) => output.split('\n')).filter((line) => line.trim() !== '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', target: 'esnext', skipLibCheck: true, types: [] };

/** Constructs each object as its declared kind. */
function programOf(objects: readonly KubernetesObject[]): string {
  const check =
    'function check(name: string, object: { validate(): void }): void {\n  try {\n    object.validate();\n  } catch (error) {\n    globalThis.process.stdout.write(`${name}: ${String(error)}\\n`);\n  }\n}';
  const lines = objects.map((object, index) => {
    const { kind, apiVersion, ...rest } = object;
    const name = JSON.stringify(`${kind} ${rest.metadata.name}`);
    return `import { ${kind} as Kind${index} } from '${packageOf(apiVersion)}';\ncheck(${name}, new Kind${index}(${JSON.stringify(rest)}));`;
  });
  return [`declare global { var process: { stdout: { write(text: string): void } } }`, check, ...lines].join('\n');
}

function packageOf(apiVersion: string): string {
  if (apiVersion.startsWith('keda.sh/')) return `@kubernetes-models/keda/${apiVersion}`;
  if (apiVersion.startsWith('monitoring.coreos.com/')) return `@kubernetes-models/prometheus-operator/${apiVersion}`;
  return `kubernetes-models/${apiVersion}`;
}

function run(cwd: string, program: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(join(root, 'node_modules/.bin', program), args, { cwd, maxBuffer: 16 * 1024 ** 2 }, (_error, stdout, stderr) => {
      resolve(stdout + stderr);
    });
  });
}
