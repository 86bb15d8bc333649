/** For the tests of a file: a system whose handler logs and waits as its params say, one browser, and for each test an admin's page. */
import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { z } from 'zod';
import { generateReport } from '../../jobs/generateReport/type.ts';
import { startSystem, type System } from '../support/startSystem.ts';
import { createLoggingHandler } from './loggingHandler.ts';
import { isLive, openBrowser, type OpenedBrowser, type WatchedPage } from './openBrowser.ts';
import { jwtSecret, tokenFor } from './tokenFor.ts';

const env = {
  JWT_SECRET: jwtSecret,
  SHUTDOWN_GRACE_SECONDS: '0',
  SOCKET_DRAIN_SECONDS: '0',
  TRACE_URL_TEMPLATE: 'https://traces.example.com/trace/{traceId}?a=1&b=2',
};
const created = z.object({ createJob: z.object({ job: z.object({ jobId: z.string() }) }) });
const createdWorkflow = z.object({ createWorkflow: z.object({ workflow: z.object({ workflowId: z.string() }) }) });

/** Fails a test whose page had an error. No worker knows `generate_report`. */
export function useOperated() {
  const logging = createLoggingHandler();
  let browser: OpenedBrowser;
  let system: System;
  let opened: WatchedPage;
  let owner: string;

  beforeAll(async () => {
    [browser, system] = await Promise.all([
      openBrowser(),
      startSystem({ engine: 'embedded', parts: ['server', 'lambdas'], handlers: [logging.handler], env }),
    ]);
    system.startWorker({ lacks: [generateReport.name] });
  }, 60_000);
  afterAll(async () => {
    logging.open();
    await Promise.all([browser[Symbol.asyncDispose](), system[Symbol.asyncDispose]()]);
  });
  beforeEach(async () => {
    logging.close();
    owner = randomUUID();
    opened = await browser.openPage(system.url, { token: await tokenFor(owner, 'admin'), reducedMotion: 'reduce' });
    await isLive(opened.page);
  });
  afterEach(async ({ task }) => {
    logging.open();
    const shown = task.result?.state === 'fail' ? await opened.page.locator('body').ariaSnapshot() : undefined;
    await opened.page.context().close();
    if (opened.complaints.length > 0) throw new Error(`the page complains:\n${opened.complaints.join('\n')}`);
    if (shown !== undefined) throw new Error(`when the test failed, the page showed:\n${shown}`);
  });

  return {
    logging,
    /** In a test. */
    page: (): Page => opened.page,
    owner: (): string => owner,
    /** Another's page; closed with the browser. */
    openPage: async (hash: string, token: string): Promise<Page> => (await browser.openPage(`${system.url}/${hash}`, { token })).page,
    /** Shows the address, as a link would. */
    go: (hash: string): Promise<unknown> => opened.page.goto(`${system.url}/${hash}`),
    async createJob(input: object = {}): Promise<string> {
      const query = 'mutation ($input: CreateJobInput!) { createJob(input: $input) { job { jobId } } }';
      return created.parse(await ask(query, { input: { type: 'simulate_work', ...input } })).createJob.job.jobId;
    },
    /** The payload of each job says what it does. */
    async createWorkflow(
      name: string,
      jobs: readonly { readonly name: string; readonly payload?: object; readonly dependsOn?: readonly string[] }[],
    ) {
      const query = 'mutation ($input: CreateWorkflowInput!) { createWorkflow(input: $input) { workflow { workflowId } } }';
      const asked = jobs.map(({ payload = {}, ...job }) => ({ type: 'simulate_work', params: { payload }, ...job }));
      return createdWorkflow.parse(await ask(query, { input: { name, jobs: asked } })).createWorkflow.workflow.workflowId;
    },
  };

  /** As the owner of the test. */
  async function ask(query: string, variables: object): Promise<unknown> {
    const response = await fetch(`${system.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenFor(owner)}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = z.object({ data: z.unknown(), errors: z.unknown().optional() }).parse(await response.json());
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  }
}
