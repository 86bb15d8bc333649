/** A new job type: its files, made from those in `template/`, and its lines in the list. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** Why a type cannot be made, in one line. */
export class NewJobError extends Error {
  override readonly name = 'NewJobError';
}

export interface NewJob {
  /** Relative to `jobs/`. */
  readonly folder: string;
  /** The text of each file, by its name. */
  readonly files: Readonly<Record<string, string>>;
  /** The list with the new type in it. */
  readonly list: string;
}

/**
 * @param list The text of `jobs/index.ts`.
 * @throws {NewJobError} where the name does not have the form of type names, or cannot be the name of a constant.
 */
export function newJob(name: string, list: string): NewJob {
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name) || name.length > 64) {
    throw new NewJobError(
      `${JSON.stringify(name)}: a type's name is lower-case words joined by underscores, such as resize_image, at most 64 characters`,
    );
  }
  const constant = name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  if (!isFree(constant)) throw new NewJobError(`${name}: ${constant} has another meaning in the code of a type; choose another name`);
  return {
    folder: constant,
    files: Object.fromEntries(fileNames.map((file) => [file, fileOf(file, name, constant)])),
    list: listWith(list, constant),
  };
}

const fileNames = ['type.ts', 'handler.ts', 'handler.test.ts'] as const;

function fileOf(file: (typeof fileNames)[number], name: string, constant: string): string {
  const template = readFileSync(join(import.meta.dirname, 'template', `${file}.txt`), 'utf8');
  return template.replaceAll('new_job', name).replaceAll('newJob', constant);
}

/** Names that those files and the list use for something else. */
const taken = new Set([
  'createTestJob',
  'defineHandler',
  'defineJobType',
  'expect',
  'handler',
  'job',
  'listJob',
  'listJobs',
  'test',
  'undefined',
  'z',
]);

function isFree(constant: string): boolean {
  if (taken.has(constant)) return false;
  try {
    // Reserved words cannot be declared.
    return new Script(`'use strict'; async () => { const ${constant} = 1; }`) instanceof Script;
  } catch {
    return false;
  }
}

/** The import goes after the last one of a type, the entry at the end. */
function listWith(list: string, constant: string): string {
  const lastImport = "/type.ts';\n";
  const at = list.lastIndexOf(lastImport);
  const afterImports = at + lastImport.length;
  const end = list.lastIndexOf(']);');
  if (at === -1 || end < at) throw new NewJobError('jobs/index.ts has another form than `listJobs([ … ]);`: add the type yourself');
  return [
    list.slice(0, afterImports),
    `import { ${constant} } from './${constant}/type.ts';\n`,
    list.slice(afterImports, end),
    `  listJob(${constant}, () => import('./${constant}/handler.ts')),\n`,
    list.slice(end),
  ].join('');
}
