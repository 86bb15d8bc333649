/** The changelog, the packages and the page on upgrading name the same release. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { findProblems } from './findProblems.ts';
import { readProjectFacts } from './projectFacts.ts';
import { readPages, root } from './readPages.ts';
import { readPage } from './readPage.ts';

const manifest = z.object({ version: z.string().optional(), peerDependencies: z.record(z.string(), z.string()).default({}) });
const manifestOf = (folder: string) => manifest.parse(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')));
const text = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
const sections = text
  .split(/^## /m)
  .slice(1)
  .map((section) => ({ title: section.split('\n')[0] ?? '', section }));
const releases = sections.slice(1).map(({ title, section }) => {
  const [, version = '', date = ''] = /^(\d+\.\d+\.\d+) - (\d{4}-\d{2}-\d{2})$/.exec(title) ?? [];
  return { title, version, date, section };
});
const { version = '' } = manifestOf('.');

test('unreleased changes come first, then the releases with their dates, the newest first', () => {
  expect(sections[0]?.title).toBe('Unreleased');
  expect(releases.filter((release) => release.version === '').map(({ title }) => title)).toEqual([]);
  const order = releases.map((release) =>
    release.version
      .split('.')
      .map((part) => part.padStart(4, '0'))
      .join('.'),
  );
  expect(order).toEqual(order.toSorted().toReversed());
  const dates = releases.map(({ date }) => date);
  expect(dates).toEqual(dates.toSorted().toReversed());
});

test('all packages have the version of the newest release', () => {
  expect(releases[0]?.version).toBe(version);
  expect(manifestOf('client').version).toBe(version);
  expect(manifestOf('react')).toMatchObject({ version, peerDependencies: { 'job-tickets-client': `^${version}` } });
});

test('the version is written nowhere else', () => {
  const privately = ['infra/node', 'test/react18', 'docs/examples/react'].filter((folder) => manifestOf(folder).version !== undefined);
  const written = globSync(['{k8s,infra,runtime,server,worker,lambda,cli,client,react}/**/*.{ts,yaml,yml}', 'Dockerfile'], { cwd: root })
    .filter((path) => !/node_modules|\/dist\/|\.test\.ts$/.test(path))
    .filter((path) => readFileSync(join(root, path), 'utf8').includes(version));
  expect([...privately, ...written]).toEqual([]);
});

test('each release but the first says what users must do, under the same headings', () => {
  const known = ['To upgrade', 'Added', 'Changed', 'Fixed', 'Removed'];
  for (const { title, section } of sections) {
    const headings = [...section.matchAll(/^### (.*)$/gm)].map(([, heading = '']) => heading);
    expect(headings, title).toEqual(known.filter((heading) => headings.includes(heading)));
  }
  for (const { version: released, section } of releases.slice(0, -1)) expect(section, released).toContain('### To upgrade\n');
});

test('all of its links have a target', () => {
  const problems = findProblems([readPage('CHANGELOG.md', text), ...readPages()], readProjectFacts());
  expect(problems.filter((problem) => problem.startsWith('CHANGELOG.md: links to'))).toEqual([]);
});
