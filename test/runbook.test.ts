/** The commands by which an operator looks at a server, as docs/operations.md has them, on a server that runs. */
import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../runtime/config.ts';
import { openTelemetry, type OpenedTelemetry } from '../telemetry/openTelemetry.ts';
import { blocksRunBy } from './docs/readPages.ts';
import { openApiSystem, type ApiSystem } from './e2e/apiSystem.ts';
import { as, secret } from './security/stage.ts';

const commands = blocksRunBy('test/runbook.test.ts').flatMap(({ text }) => text.split('\n'));

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

test('there are commands for health, readiness and metrics', () => {
  expect(commands.map((command) => /localhost:4000\/(\w+)/.exec(command)?.[1])).toEqual(['healthz', 'readyz', 'metrics']);
});

test.each(commands)('%s', async (command) => {
  const { stdout } = await promisify(exec)(command.replace('http://localhost:4000', api.url));
  if (command.includes('/metrics')) expect(stdout).toMatch(/^jobs_created_total\{/m);
  else expect(z.object({ status: z.enum(['alive', 'ready']) }).parse(JSON.parse(stdout)).status).toBeDefined();
});
