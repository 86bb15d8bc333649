import { copyFile, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEntry, urlOf } from '../support/processes.ts';
import { openProject } from './openProject.ts';

const root = join(import.meta.dirname, '../..');
const examples = join(root, 'docs/examples');
const workflows = ['main.ts', 'countDocument.ts', 'orderGoods.ts', 'nightlyImport.ts'].map((name) => `workflows/${name}`);

test('the packed client contains only the client, and its examples compile strictly and run', { timeout: 120_000 }, async () => {
  await using project = await openProject();
  const installed = join(project.folder, 'node_modules/job-tickets-client');
  await mkdir(join(project.folder, 'node_modules'));
  await project.run('tar', '-xzf', await project.pack('client'));
  await rename(join(project.folder, 'package'), installed);
  await project.link(['graphql-ws', 'graphql', '@types/node', 'undici-types']);
  await mkdir(join(project.folder, 'workflows'));
  for (const name of ['typedClient.ts', 'schedules.ts', 'jobTypes.d.ts', ...workflows])
    await copyFile(join(examples, name), join(project.folder, name));
  expect((await readdir(installed)).toSorted()).toEqual(['README.md', 'dist', 'package.json']);

  await project.write({
    'wrong.ts': `import { createJobTickets } from 'job-tickets-client';
      import type { JobTypes } from './jobTypes.d.ts';
      await createJobTickets<JobTypes>({ url: '' }).createJob({ type: 'simulate_work', params: { durationMs: 'long' } });`,
    'unknown.ts': `import { createJobTickets } from 'job-tickets-client';
      const { job } = await createJobTickets({ url: '' }).createJob({ type: 'anything', params: [1] });
      const result: unknown = job.result;
      console.log(result);`,
  });
  const faults = await project.compile('typedClient.ts', 'schedules.ts', ...workflows, 'wrong.ts', 'unknown.ts');
  expect(faults).toContain("Type 'string' is not assignable to type 'number'");
  expect(new Set(faults.match(/^\w+\.ts/gm))).toEqual(new Set(['wrong.ts']));

  // The types of all of these examples.
  await project.write({
    'jobs.ts': `import bundled from '${root}/jobs/index.ts';
      import orders from '${root}/docs/examples/orders/index.ts';
      import own from '${root}/docs/examples/workflows/index.ts';
      export default [...bundled, ...orders, ...own];`,
  });
  await using system = await startEntry('start', { env: { DATA_DIR: '', JOBS: join(project.folder, 'jobs.ts') } });
  const stdout = await project.run('node', 'typedClient.ts', await urlOf(system, 'start'));
  expect(stdout).toMatch(/^1 PENDING|^2 PROCESSING/);
  expect(stdout).toMatch(/\n3 SUCCEEDED/);
  expect(stdout).toMatch(/\nSUCCEEDED hello after \d+ ms of sleep\n$/);
  const scheduled = await project.run('node', 'schedules.ts', await urlOf(system, 'start'));
  expect(scheduled).toMatch(/^next \d{4}-[^\n]+\nnightly report has had no tick yet\ntriggered SUCCEEDED\n$/);

  // The output in docs/workflows.md.
  const page = await readFile(join(root, 'docs/workflows.md'), 'utf8');
  const [, told = 'no such block'] = /```text\n(count 12 pages[^`]+)```/.exec(page) ?? [];
  expect(await project.run('node', 'workflows/main.ts', await urlOf(system, 'start'), 'order-1')).toBe(told);

  const approved = await project.run('sh', join(examples, 'approve.sh'), await urlOf(system, 'start'));
  expect(approved).toMatch(/^\{"data":\{"sendSignal":\{"job":\{"status":"\w+","waitingReason":\S+\n\{"data":\{"waitForJob":/);
  expect(approved).toContain(
    '"status":"SUCCEEDED","result":{"reservation":"reservation of order-1","payment":"payment of order-1","approvedBy":"Ada"}',
  );
});
