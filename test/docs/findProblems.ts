/**
 * Errors in the documentation that a program can find: links, commands, names, blocks, values and figures that do not fit the
 * project. One line per problem, with its page.
 */
import { posix } from 'node:path';
import { Kind, parse, validate, type GraphQLSchema } from 'graphql';
import type { Block, Page } from './readPage.ts';

/** The facts about the project with which pages are compared. */
export interface Facts {
  /** Files and folders, from the top. */
  readonly paths: ReadonlySet<string>;
  /** Names of `npm run …`. */
  readonly scripts: ReadonlySet<string>;
  /** Everything written like SETTING_OR_CODE that exists. */
  readonly capitals: ReadonlySet<string>;
  /** Metrics, written `jobs.created`. */
  readonly metrics: ReadonlySet<string>;
  /** Values of the code that pages repeat, by the name in the mark after them. */
  readonly values: Readonly<Record<string, string>>;
  readonly schema: GraphQLSchema;
  /** Sources of tests, for what they say they run. */
  readonly sourceOf: (path: string) => string;
}

type Rule = (page: Page, facts: Facts, pages: readonly Page[]) => readonly string[];

const rules: readonly Rule[] = [links, blocks, commands, ownNode, namespaces, paths, names, values, figures];

export function findProblems(pages: readonly Page[], facts: Facts): readonly string[] {
  return pages.flatMap((page) => rules.flatMap((rule) => rule(page, facts, pages).map((problem) => `${page.path}: ${problem}`)));
}

function links(page: Page, { paths: existing }: Facts, pages: readonly Page[]): readonly string[] {
  return page.links.flatMap((link) => {
    if (/^(?:https?|mailto):/.test(link)) return [];
    const [target = '', anchor] = link.split('#');
    const path = target === '' ? page.path : posix.join(posix.dirname(page.path), target);
    if (!existing.has(path.replace(/\/$/, ''))) return [`links to ${link}, which is not there`];
    const aimed = pages.find((other) => other.path === path);
    if (anchor === undefined || aimed === undefined || aimed.anchors.includes(anchor)) return [];
    return [`links to ${link}, which has no such heading`];
  });
}

/** Languages that need no check: drawings, and the output of programs. */
const silent = new Set(['', 'text', 'mermaid']);

function blocks(page: Page, facts: Facts): readonly string[] {
  return page.blocks.flatMap((block) => {
    const what = `the block "${block.text.split('\n')[0] ?? ''}"`;
    if (silent.has(block.language)) return /^\s*(?:\$|npm|npx|curl) /m.test(block.text) ? [`${what} has commands, but no language`] : [];
    const ran = /^run by: (.*)$/.exec(block.mark ?? '')?.[1];
    const wrong = block.language === 'graphql' ? graphql(block.text, facts.schema).map((problem) => `${what} ${problem}`) : [];
    if (ran !== undefined) return isRunBy(ran, block, page, facts) ? wrong : [...wrong, `${what} is not run by ${ran}`];
    if (/^not run(?: here)?: \w/.test(block.mark ?? '')) return [];
    const source = /^from: (.*)$/.exec(block.mark ?? '')?.[1];
    if (source !== undefined)
      return isExcerpt(block.text, facts.sourceOf(source)) ? [] : [`${what} does not stand in ${source} as it does here`];
    return checkedAs(block, facts).map((problem) => `${what} ${problem}`);
  });
}

/** A test reads the page, picks blocks by their mark, or has each of the block's commands itself. */
function isRunBy(path: string, { text }: Block, page: Page, { paths: existing, sourceOf }: Facts): boolean {
  if (!existing.has(path)) return false;
  const source = sourceOf(path);
  const commandsOf = [...text.matchAll(/^(npm run [\w:-]+|sed .*$)/gm)].map(([, command = '']) => command);
  return (
    source.includes(posix.basename(page.path)) ||
    (/\b(?:blocksRunBy|argumentsOf)\(/.test(source) && source.includes(`'${path}'`)) ||
    (commandsOf.length > 0 && commandsOf.every((command) => source.includes(command)))
  );
}

/** Line for line, however far it is indented there. */
function isExcerpt(text: string, source: string): boolean {
  const plain = (lines: string): string => `\n${lines.trim().replaceAll(/^[ \t]+|[ \t]+$/gm, '')}\n`;
  return plain(source).includes(plain(text));
}

function checkedAs({ language, text }: Block, { schema }: Facts): readonly string[] {
  if (language === 'graphql') return graphql(text, schema);
  if (language === 'json') return isJson(text) ? [] : ['is no JSON'];
  return ['does not say which test runs it, nor why none does'];
}

function graphql(text: string, schema: GraphQLSchema): readonly string[] {
  try {
    const document = parse(text);
    const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    // A page of the reference prints types.
    if (operations.length === 0) return [];
    // A page that shows what the server answers to a block pasted whole.
    return validate(schema, document).map(({ message }) => `is refused: ${message}`);
  } catch (error) {
    return [`is no GraphQL: ${String(error)}`];
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** `npm run x`, `npx vitest run x`, `node x`: in blocks and in sentences. */
function commands(page: Page, { scripts, paths: existing }: Facts): readonly string[] {
  const code = [...page.codes, ...page.blocks.map(({ text }) => text)].join('\n');
  const unknownScripts = [...code.matchAll(/npm run (?:-s |--silent )?([\w:-]+)(?! --workspace)/g)].filter(
    ([, name = '']) => !scripts.has(name),
  );
  const unknownFiles = [...code.matchAll(/(?:vitest run|\bnode|\bsh) ([\w./-]+\/[\w./-]+)/g)].filter(
    ([, path = '']) => !isThere(path, existing),
  );
  return [...unknownScripts, ...unknownFiles].map(([command]) => `says \`${command}\`, which there is not`);
}

/** Readers may have an older Node, which cannot run TypeScript. `npx node` and npm's scripts use the project's own Node. */
function ownNode(page: Page): readonly string[] {
  const code = [...page.codes, ...page.blocks.map(({ text }) => text)].join('\n');
  return [...code.matchAll(/(?<!npx )\bnode [\w./-]+\.ts/g)].map(
    ([command]) => `says \`${command}\`, which fails on a Node that readers may have`,
  );
}

/** Without a namespace kubectl changes the one that it used last. */
function namespaces(page: Page): readonly string[] {
  const calls = [...page.codes, ...page.blocks.map(({ text }) => text)].join('\n').match(/kubectl [^\n]*/g) ?? [];
  return calls
    .filter((call) => / (?:apply|delete|get|rollout|scale|annotate|exec|port-forward|create)\b/.test(call))
    .filter((call) => !call.startsWith('kubectl -n job-tickets-'))
    .map((call) => `calls \`${call}\` without the namespace`);
}

/** A type that readers write themselves. */
const readersOwn = 'jobs/resizeImage/';

/** A text in code style that looks like a file of the project must be one. */
function paths(page: Page, { paths: existing }: Facts): readonly string[] {
  const tops = new Set([...existing].filter((path) => path.includes('/')).map((path) => path.split('/')[0]));
  return page.codes
    .filter((code) => /^[\w.-]+\/[\w./*-]*$/.test(code) && tops.has(code.split('/')[0]) && !code.includes('*'))
    .filter((code) => !isThere(code, existing) && !code.startsWith(readersOwn))
    .map((code) => `names \`${code}\`, which is not there`);
}

/** A test may be named by the beginning of its file, as vitest accepts it. */
function isThere(path: string, existing: ReadonlySet<string>): boolean {
  return existing.has(path.replace(/\/$/, '')) || existing.has(`${path}.test.ts`);
}

/** Settings, codes and values of enums are in capitals; metrics have dots. */
function names(page: Page, { capitals, metrics }: Facts): readonly string[] {
  const words = page.codes.flatMap((code) => /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?==|$)/.exec(code)?.[0] ?? []);
  const unknown = words.filter((word) => !capitals.has(word));
  const dotted = page.codes.filter((code) => /^(?:jobs|feed|websocket)\.[a-z_.]+$/.test(code) && !metrics.has(code));
  return [...unknown, ...dotted].map((name) => `names \`${name}\`, which there is not`);
}

/** `nine<!-- = attempts -->`: the word before the mark is the value that the code has. */
function values(page: Page, facts: Facts): readonly string[] {
  return [...page.text.matchAll(/(.{0,40}?)<!-- = ([\w.-]+) -->/g)].flatMap(([, before = '', name = '']) => {
    const value = facts.values[name];
    if (value === undefined) return [`repeats ${name}, which is no value of the code`];
    return before.replace(/[`*_]+$/, '').endsWith(value) ? [] : [`says "${before}" for ${name}, which is ${value}`];
  });
}

/** A section with figures names the command that measured them, so that anybody can repeat it. */
function figures(page: Page): readonly string[] {
  if (page.path !== 'docs/performance.md') return [];
  return page.text
    .split(/^## /m)
    .slice(1)
    .filter((section) => /^\|.*\d/m.test(section) && !/`npm run [\w:-]+(?: -- \w+)?`|`node [^`]+`/.test(section))
    .map((section) => `has figures in "${section.split('\n')[0] ?? ''}" and no command that printed them`);
}
