import { exec } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../runtime/config.ts';
import { openTelemetry, type OpenedTelemetry } from '../telemetry/openTelemetry.ts';
import { openApiSystem, type ApiSystem } from './e2e/apiSystem.ts';
import { as, secret } from './security/stage.ts';

const root = join(import.meta.dirname, '..');
const pages = ['docs/operations.md', 'docs/alerts.md'];
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');
const operations = textOf('docs/operations.md');
const heading = '## The commands of this page';
const programs = /^(?:aws|curl|docker|kubectl|node|npm|promtool|redis-cli) /;

/**
 * The commands that a page tells people to type: lines of shell blocks that name no other test, and code in a sentence that
 * begins with a program.
 */
function commandsIn(text: string): readonly string[] {
  const [before = ''] = text.split(heading);
  const unmarked = before.replaceAll(/<!-- run by: (?!test\/runbook).* -->\n```[\s\S]*?```/g, '');
  const blocks = [...unmarked.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, lines = '']) => lines.trim().split('\n'));
  const inline = [...before.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
  return [...blocks, ...inline.filter((code) => programs.test(code))];
}

const listed = new Map(
  [...operations.slice(operations.indexOf(heading)).matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, command = '', by = '']) => [
    command,
    by,
  ]),
);
const runHere = [...listed].filter(([, by]) => by === '`test/runbook.test.ts`').map(([command]) => command);

let api: ApiSystem;
let opened: OpenedTelemetry;
beforeAll(async () => {
  opened = openTelemetry({ part: 'server', settings: parseConfig({}).openTelemetry });
  const { telemetry, scrape } = opened;
  api = await openApiSystem({ environment: { JWT_SECRET: secret }, replace: ({ core }) => ({ core: { ...core, telemetry }, scrape }) });
  await api.request('mutation { createJob(input: { type: "simulate_work" }) { job { jobId } } }', {}, await as('ann'));
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await opened.close();
});

describe('the runbooks', () => {
  test('say of every command what runs it, or why nothing does here', () => {
    const told = pages.flatMap((page) => commandsIn(textOf(page)));
    expect(told.length).toBeGreaterThan(8);
    expect(told.filter((command) => !listed.has(command))).toEqual([]);
    expect([...listed.keys()].filter((command) => !told.includes(command))).toEqual([]);
    const unclear = [...listed].filter(
      ([, by]) => !/^not here: \w/.test(by) && !existsSync(join(root, /^`([\w./]+)`$/.exec(by)?.[1] ?? 'none')),
    );
    expect(unclear).toEqual([]);
  });

  test('a test that a block names reads it from its page', () => {
    const named = pages.flatMap((page) =>
      [...textOf(page).matchAll(/<!-- run by: (.*) -->/g)].map(([, path = '']) => [page, path] as const),
    );
    expect(named.length).toBeGreaterThan(0);
    for (const [page, path] of named) expect(textOf(path)).toContain(page);
  });

  test('a test that is named runs the command, or starts what it starts', () => {
    for (const [command, by] of listed) {
      const [, path] = /^`([\w./]+)`$/.exec(by) ?? [];
      if (path === undefined || path === 'test/runbook.test.ts') continue;
      const [, script] = /^npm (?:run )?(\w+)$/.exec(command) ?? [];
      const source = textOf(path);
      expect(`${command}: ${source.includes(`'${script}'`)}`).toBe(`${command}: true`);
    }
  });

  test.each(runHere)('%s', async (command) => {
    const { stdout } = await promisify(exec)(command.replace('http://localhost:4000', api.url));
    if (command.includes('/metrics')) expect(stdout).toMatch(/^jobs_created_total\{/m);
    else expect(z.object({ status: z.enum(['alive', 'ready']) }).parse(JSON.parse(stdout)).status).toBeDefined();
  });
});
