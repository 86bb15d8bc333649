/** `npm run new-job -- resize_image`: makes a type, its handler and a test in a folder of their own, and adds them to the list. */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import jobs from '../jobs/index.ts';
import { newJob, NewJobError } from './newJob.ts';

/** Exit codes of sysexits.h: a bad argument, and a file that cannot be made. */
const exitCodes = { usage: 64, cannotCreate: 73 };
const root = join(import.meta.dirname, '..');
const index = join(root, 'jobs/index.ts');

const [name, ...more] = process.argv.slice(2);
try {
  if (name === undefined || more.length > 0) throw new NewJobError('usage: npm run new-job -- resize_image');
  const known: readonly string[] = jobs.map(({ type }) => type.name);
  if (known.includes(name)) throw new NewJobError(`${name}: there is a type of this name`);
  const { folder, files, list } = newJob(name, await readFile(index, 'utf8'));
  // Fails where the folder exists: no file is overwritten.
  await mkdir(join(root, 'jobs', folder));
  for (const [file, text] of Object.entries(files)) await writeFile(join(root, 'jobs', folder, file), text);
  await writeFile(index, list);
  const docs = spawnSync(process.execPath, ['docs/generate.ts'], { cwd: root, stdio: 'inherit' });
  process.exitCode = docs.status ?? 1;
  console.log(
    `jobs/${folder}: write its params and result in type.ts, its work in handler.ts; run \`npm run docs\` when its type has changed`,
  );
} catch (error) {
  const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
  if (!(error instanceof NewJobError) && !isThere) throw error;
  console.error(`new-job: ${isThere ? `${name}: its folder is there already (${error.message})` : error.message}`);
  process.exitCode = isThere ? exitCodes.cannotCreate : exitCodes.usage;
}
