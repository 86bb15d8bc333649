import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

/** Code that each rule must refuse, by the rule's name. */
const refusedByLinter: Readonly<Record<string, string>> = {
  'typescript(no-floating-promises)': `async function f(): Promise<void> {}\nexport function g(): void {\n  f();\n}`,
  'typescript(no-misused-promises)': `export const f = (g: () => Promise<boolean>): number => (g() ? 1 : 2);`,
  'typescript(switch-exhaustiveness-check)': `export function f(x: 'a' | 'b'): void {\n  switch (x) {\n    case 'a':\n      break;\n  }\n}`,
  'typescript(no-explicit-any)': `export const f = (x: any): unknown => x;`,
  'typescript(no-non-null-assertion)': `export const f = (x: string | undefined): string => x!;`,
  'typescript(no-unsafe-type-assertion)': `export const f = (x: unknown): string => x as string;`,
  'typescript(no-unsafe-assignment)': `export const f = (): void => {\n  const x = JSON.parse('1');\n  void x;\n};`,
  'typescript(no-unsafe-return)': `export const f = (): string => JSON.parse('1');`,
  'typescript(only-throw-error)': `export const f = (): never => {\n  throw 'text';\n};`,
  'typescript(return-await)': `export async function f(g: () => Promise<void>): Promise<void> {\n  try {\n    return g();\n  } finally {\n    void 0;\n  }\n}`,
  'typescript(consistent-type-imports)': `import { Server } from 'node:http';\nexport type S = Server;`,
  'import(no-default-export)': `export default 1;`,
  'import(no-cycle)': `export { b } from './cycle.ts';\nexport const a = 1;`,
  'eslint(no-console)': `export const f = (): void => console.log('x');`,
  'eslint(max-lines)': `export const x = [\n${'  1,\n'.repeat(300)}];`,
  'eslint(eqeqeq)': `export const f = (x: number): boolean => x == 1;`,
  'node(no-process-env)': `export const f = (): unknown => process.env;`,
};

/** Code that the compiler must refuse, by the option. */
const refusedByCompiler: Readonly<Record<string, string>> = {
  strict: `export const f = (x: string | undefined): number => x.length;`,
  noUncheckedIndexedAccess: `export const f = (x: string[]): string => x[0];`,
  exactOptionalPropertyTypes: `export const x: { a?: string } = { a: undefined };`,
  erasableSyntaxOnly: `export enum E {\n  A,\n}`,
  verbatimModuleSyntax: `import { IncomingHttpHeaders } from 'node:http';\nexport type H = IncomingHttpHeaders;`,
  noImplicitOverride: `class A {\n  f(): void {}\n}\nexport class B extends A {\n  f(): void {}\n}`,
  noPropertyAccessFromIndexSignature: `export const f = (x: Record<string, string>): unknown => x.y;`,
};

/** Markup that the check of the dashboard's templates must refuse. */
const refusedInMarkup: Readonly<Record<string, string>> = {
  element: '<buton>x</buton>',
  attribute: '<a hreff="/">x</a>',
  value: '<input tabindex="first" />',
  handler: '<button onClick=${(count: number) => count}>x</button>',
  missingProp: '<${Part} />',
  unknownProp: '<${Part} name="x" nam="y" />',
  propOfAnotherType: '<${Part} name=${1} />',
  spreadOfAnotherType: '<${Part} ...${{ name: 1 }} />',
  nested: '<ul>${[1].map((name) => html`<li key=${name}><${Part} name=${name} /></li>`)}</ul>',
  children: '<${Part} name="x"><b>y</b><//>',
};

test('the linter refuses an example of each rule', async () => {
  const examples = Object.values(refusedByLinter).map((code, index) => [`rule${index}.ts`, code] as const);
  const cycle = examples.find(([, code]) => code.includes('./cycle.ts'));
  await using project = await openProject([...examples, ['cycle.ts', `export { a } from './${cycle?.[0]}';\nexport const b = 1;`]]);
  const { diagnostics } = z
    .object({ diagnostics: z.array(z.object({ code: z.string().optional(), filename: z.string() })) })
    .parse(JSON.parse(await project.run('oxlint', '--format', 'json', ...examples.map(([name]) => name))));
  const fired = Object.keys(refusedByLinter).filter((rule, index) =>
    diagnostics.some(({ code, filename }) => code === rule && filename.endsWith(`rule${index}.ts`)),
  );
  expect(fired).toEqual(Object.keys(refusedByLinter));
});

test('the compiler refuses an example of each option', async () => {
  await using project = await openProject(Object.entries(refusedByCompiler).map(([option, code]) => [`${option}.ts`, code]));
  const output = await project.run('tsc', '--noEmit');
  expect(Object.keys(refusedByCompiler).filter((option) => !output.includes(`${option}.ts(`))).toEqual([]);
});

test('the check of the dashboard’s markup refuses an example of each fault, at its line, and nothing that is right', async () => {
  const moduleOf = (markup: string): string => `import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
export function Part({ name }: { readonly name: string }): ComponentChildren {
  return html\`<p class=\${\`is-\${name}\`}>\${name === '}' && html\`<b onClick=\${() => {}}>it’s</b>\`}</p>\`;
}
export const part = html\`${markup}\`;
`;
  const right = '<section>${/* } */ 1} <${Part} ...${{ name: `${"`"}` }} key="a" /> <input required /></section>';
  const examples = Object.entries({ ...refusedInMarkup, right }).map(
    ([name, markup]) => [`dashboard/${name}.ts`, moduleOf(markup)] as const,
  );
  await using project = await openProject(examples);
  const root = join(import.meta.dirname, '../..');
  await copyFile(join(root, 'dashboard/tsconfig.json'), join(project.folder, 'dashboard/tsconfig.json'));
  const output = await project.run('node', join(root, 'test/check/markup.ts'));
  const faulty = Array.from(output.matchAll(/^dashboard\/(\w+)\.ts\(6,/gm), ([, name]) => name);
  expect(new Set(faulty)).toEqual(new Set(Object.keys(refusedInMarkup)));
  expect(output).not.toMatch(/\((?!6,)\d+,/);
});

test('the formatter refuses double quotes, and knip what nobody uses', async () => {
  await using project = await openProject([
    ['start.ts', `import "./used.ts";\n`],
    ['used.ts', `export const unused = 1;\n`],
    ['core/orphan.ts', `export const x = 1;\n`],
    ['package.json', `{ "name": "proof", "type": "module", "scripts": { "start": "node start.ts" }, "dependencies": { "ulid": "*" } }`],
  ]);
  expect(await project.run('oxfmt', '--check')).toContain('start.ts');
  const unused = await project.run('knip', '--no-config-hints');
  expect(unused).toContain('core/orphan.ts');
  expect(unused).toMatch(/unused\s+used\.ts/);
  expect(unused).toContain('ulid');
});

/** A project elsewhere with this project's settings, so that its faults are not reported for this project. */
async function openProject(files: readonly (readonly [name: string, code: string])[]) {
  const root = join(import.meta.dirname, '../..');
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-rules-'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const settings = ['.oxlintrc.json', '.oxfmtrc.json', 'tsconfig.json', 'knip.json', 'package.json'];
  await Promise.all(settings.map((name) => copyFile(join(root, name), join(folder, name))));
  for (const [name, code] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), code);
  }
  return {
    folder,
    /** What the tool writes; that it finds faults is expected. */
    run: (tool: string, ...args: readonly string[]) =>
      new Promise<string>((resolve) => {
        execFile(join(root, 'node_modules/.bin', tool), args, { cwd: folder, maxBuffer: 16 * 1024 ** 2 }, (_error, stdout, stderr) => {
          resolve(stdout === '' ? stderr : stdout);
        });
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
