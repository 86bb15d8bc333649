import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEntry } from '../test/support/processes.ts';

/** A team's folder; the modules of this project that it needs are where npm would install them. */
let team: string;

const core = join(import.meta.dirname, '../core');
const zod = join(import.meta.dirname, '../node_modules/zod/index.js');
const shout = (change = '') => `
  import { z } from '${zod}';
  import { defineJobType } from '${core}/jobType.ts';
  export const shout = { ...defineJobType({
    name: 'shout', description: 'Says it louder.', params: z.strictObject({ text: z.string() }), result: z.object({ text: z.string() }),
    policy: { timeoutSeconds: 10 }, example: { text: 'hello' },
  }), ${change} };`;
const list = (handler = './handler.ts') => `
  import { shout } from './type.ts';
  export default [{ type: shout, loadHandler: () => import('${handler}') }];`;
const handler = `
  import { defineHandler } from '${core}/handler.ts';
  import { shout } from './type.ts';
  export const handler = defineHandler(shout, async ({ text }) => ({ text: text.toUpperCase() }));`;

const files: Readonly<Record<string, string>> = {
  'good/type.ts': shout(),
  'good/handler.ts': handler,
  'good/index.ts': list(),
  'twice/type.ts': shout(),
  'twice/handler.ts': handler,
  'twice/index.ts': `import good from '../good/index.ts';\nexport default [...good, ...good];`,
  'illNamed/type.ts': shout(`name: 'Shout'`),
  'illNamed/index.ts': list(),
  'noHandler/type.ts': shout(),
  'noHandler/handler.ts': 'export const shout = 1;',
  'noHandler/index.ts': list(),
  'brokenHandler/type.ts': shout(),
  'brokenHandler/handler.ts': `import 'nowhere-to-be-found';`,
  'brokenHandler/index.ts': list(),
  'missingHandler/type.ts': shout(),
  'missingHandler/index.ts': list('./elsewhere.ts'),
  'throws/index.ts': `throw new Error('first line\\nsecond line');`,
  'noDefault/index.ts': 'export const jobs = [];',
  // Can only be imported, not required, as many packages of ES modules.
  'node_modules/team-jobs/package.json': '{ "type": "module", "exports": { ".": { "import": "./index.js" }, "./more": "./more.js" } }',
  'node_modules/team-jobs/index.js': `export { default } from '../../good/index.ts';`,
  'node_modules/team-jobs/more.js': `export { default } from '../../good/index.ts';`,
  'node_modules/@team/jobs/package.json': '{ "type": "module", "main": "./index.js" }',
  'node_modules/@team/jobs/index.js': `export { default } from '../../../good/index.ts';`,
};

beforeAll(async () => {
  team = await mkdtemp(join(tmpdir(), 'job-tickets-team-'));
  for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    await mkdir(dirname(join(team, name)), { recursive: true });
    await writeFile(join(team, name), text);
  }
});
afterAll(() => rm(team, { recursive: true }));

test.each(['./good/index.ts', 'good/index.ts', 'team-jobs', 'team-jobs/more', '@team/jobs'])(
  'finds %s from the working directory',
  async (jobs) => {
    // The worker stops because REDIS_URL is missing, which is checked after the types and their handlers.
    await using worker = await startEntry('worker', { env: { JOBS: jobs }, cwd: team, awaitReady: false });
    expect(await worker.exited()).toBe(78);
    expect(worker.logs()).toMatch(/^worker: REDIS_URL: [^\n]*\n$/);
  },
);

test('accepts an absolute path, wherever it is started', async () => {
  await using worker = await startEntry('worker', { env: { JOBS: join(team, 'good/index.ts') }, awaitReady: false });
  expect(await worker.exited()).toBe(78);
  expect(worker.logs()).toMatch(/^worker: REDIS_URL: [^\n]*\n$/);
});

test.each([
  ['./illNamed/index.ts', 'entry 1 (type.name): is lower-case words joined by underscores'],
  ['./noDefault/index.ts', 'the list: is not an array of what `listJob` gives'],
  ['./throws/index.ts', 'cannot be loaded: first line'],
  ['./nowhere.ts', 'cannot be loaded: Cannot find module'],
  ['no-such-package', 'cannot be loaded: Cannot find package'],
  ['team-jobs/unknown', 'cannot be loaded: Package subpath'],
])('reports in one line what is wrong with %s', async (jobs, why) => {
  await refuses('server', 'server', jobs, why);
});

test.each([
  ['server', 'server'],
  ['worker', 'worker'],
  ['start', 'job-tickets'],
] as const)('%s ends at its start where two types have one name', async (entry, part) => {
  await refuses(entry, part, './twice/index.ts', 'entry 2: two types are called shout');
});

async function refuses(name: 'server' | 'worker' | 'start', part: string, jobs: string, why: string): Promise<void> {
  await using entry = await startEntry(name, { env: { JOBS: jobs, DATA_DIR: '' }, cwd: team, awaitReady: false });
  expect(await entry.exited()).toBe(78);
  expect(entry.logs().startsWith(`${part}: JOBS: ${jobs}`), entry.logs()).toBe(true);
  expect(entry.logs()).toContain(why);
  expect(entry.logs().trimEnd().split('\n')).toHaveLength(1);
}

test.each([
  ['./noHandler/index.ts', 'The module of shout exports no `handler` that `defineHandler` made.'],
  ['./brokenHandler/index.ts', 'The module of shout cannot be loaded: Cannot find package'],
  ['./missingHandler/index.ts', 'The module of shout cannot be loaded: Cannot find module'],
])('a worker reports in one line what is wrong with the handler of %s', async (jobs, why) => {
  await using worker = await startEntry('worker', { env: { JOBS: jobs }, cwd: team, awaitReady: false });
  expect(await worker.exited()).toBe(78);
  expect(worker.logs().startsWith(`worker: JOBS: ${why}`)).toBe(true);
  expect(worker.logs().trimEnd().split('\n')).toHaveLength(1);
});

test('a server never loads a handler, and the Lambdas’ loops need no types at all', async () => {
  await using server = await startEntry('server', { env: { JOBS: './brokenHandler/index.ts' }, cwd: team, awaitReady: false });
  expect(await server.exited()).toBe(78);
  expect(server.logs()).toMatch(/^server: REDIS_URL: /);
  await using lambdas = await startEntry('lambdas', { env: { JOBS: './brokenHandler/index.ts' }, cwd: team, awaitReady: false });
  expect(await lambdas.exited()).toBe(78);
  expect(lambdas.logs()).toMatch(/^lambdas: REDIS_URL: /);
});
