import { copyFile, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { openProject } from './openProject.ts';

const root = join(import.meta.dirname, '../..');

test('the packed React package is the hooks alone, on which the example compiles strictly', { timeout: 120_000 }, async () => {
  await using project = await openProject();
  const modules = join(project.folder, 'node_modules');
  await mkdir(modules);
  for (const name of ['client', 'react']) {
    await project.run('tar', '-xzf', await project.pack(name));
    await rename(join(project.folder, 'package'), join(modules, `job-tickets-${name}`));
  }
  await project.link([
    'graphql-ws',
    'graphql',
    'react',
    'react-dom',
    '@types/react',
    '@types/react-dom',
    'csstype',
    '@types/node',
    'undici-types',
  ]);
  expect((await readdir(join(modules, 'job-tickets-react'))).toSorted()).toEqual(['README.md', 'dist', 'package.json']);
  const files = await readdir(join(modules, 'job-tickets-react/dist'));
  expect(files.filter((name) => /test/i.test(name))).toEqual([]);

  await mkdir(join(project.folder, 'app'));
  for (const name of ['jobs.ts', 'App.tsx', 'main.tsx']) {
    await copyFile(join(root, 'docs/examples/react', name), join(project.folder, 'app', name));
  }
  await copyFile(join(root, 'docs/examples/jobTypes.d.ts'), join(project.folder, 'jobTypes.d.ts'));
  await project.write({
    'app/wrong.tsx': `import { useCreateJob, useJob } from './jobs.ts';
      export function Wrong() {
        const { mutate } = useCreateJob('simulate_work');
        const { data } = useJob<'simulate_work'>('id');
        const attempts: string | undefined = data?.result?.attempts;
        return <button onClick={() => mutate({ durationMs: 'long' })}>{attempts}</button>;
      }`,
  });
  const faults = await project.compile('--jsx', 'react-jsx', 'app/main.tsx', 'app/wrong.tsx');
  expect(faults).toContain("Type 'string' is not assignable to type 'number'");
  expect(faults).toContain("Type 'number' is not assignable to type 'string'");
  expect(new Set(faults.match(/^[\w/]+\.tsx?/gm))).toEqual(new Set(['app/wrong.tsx']));
});

test('the hooks are as large as their README says, beside the client and React', async () => {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'react/jobHooks.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    external: ['react', 'job-tickets-client'],
  });
  const bundle = outputFiles[0]?.contents ?? new Uint8Array();
  const readme = await readFile(join(root, 'react/README.md'), 'utf8');
  expect(readme).toContain(`${Math.ceil(gzipSync(bundle, { level: 9 }).length / 1024)} KB`);
});
