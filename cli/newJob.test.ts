import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newJob } from './newJob.ts';

const list = readFileSync(join(import.meta.dirname, '../jobs/index.ts'), 'utf8');

test('makes three files in one folder, and two lines in the list', () => {
  const { folder, files, list: longer } = newJob('resize_image_2', list);
  expect(folder).toBe('resizeImage2');
  expect(Object.keys(files)).toEqual(['type.ts', 'handler.ts', 'handler.test.ts']);
  expect(files['type.ts']).toContain(`export const resizeImage2 = defineJobType({\n  name: 'resize_image_2',`);
  expect(Object.values(files).join('')).not.toMatch(/new_?job/i);
  const added = longer.split('\n').filter((line) => !list.split('\n').includes(line));
  expect(added).toEqual([
    `import { resizeImage2 } from './resizeImage2/type.ts';`,
    `  listJob(resizeImage2, () => import('./resizeImage2/handler.ts')),`,
  ]);
  expect(newJob('another', longer).list).toContain(
    `  listJob(resizeImage2, () => import('./resizeImage2/handler.ts')),\n  listJob(another,`,
  );
});

test.each(['', 'Shout', 'resize-image', 'resizeImage', '_shout', 'shout_', 'a__b', '2d', 'größe', '../etc', 'x'.repeat(65)])(
  'refuses the name %j in one line',
  (name) => {
    expect(() => newJob(name, list)).toThrow(/^.*lower-case words joined by underscores.*$/);
  },
);

test.each(['delete', 'new', 'await', 'enum', 'let', 'static', 'eval', 'arguments', 'undefined', 'default', 'import'])(
  'refuses %s, which cannot be the name of a constant',
  (name) => {
    expect(() => newJob(name, list)).toThrow(/^.*has another meaning in the code of a type.*$/);
  },
);

test('refuses a name that its own files use for something else', () => {
  const folder = join(import.meta.dirname, 'template');
  const code = [list, ...readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))].join('\n');
  const imported = [...code.matchAll(/^import \{ ([^}]+) \} from '([^']+)'/gm)]
    .filter(([, , from = '']) => !/^\.\/(\w+\/)?type\.ts$/.test(from))
    .flatMap(([, names = '']) => names.split(', '));
  const declared = [...code.matchAll(/\bconst (\w+) =/g)].map(([, name = '']) => name).filter((name) => name !== 'newJob');
  expect(imported.length + declared.length).toBeGreaterThan(9);
  for (const name of [...imported, ...declared]) {
    const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    expect(() => newJob(snake, list), name).toThrow('has another meaning');
  }
});

test('does not change a list of another form', () => {
  expect(() => newJob('shout', 'export default [];')).toThrow('has another form');
});
