/** The workflows in the pictures: one that runs, one that has failed, and one with 1,000 jobs, from a system of their own. */
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { startSystem } from '../support/startSystem.ts';
import { createLoggingHandler } from './loggingHandler.ts';

interface PlannedJob {
  readonly name: string;
  readonly payload?: object;
  readonly dependsOn?: readonly string[];
  readonly whenDependencyFails?: 'RUN';
}

export interface WorkflowPictures {
  /** A browser at the URL of the system, not signed in. */
  open(url: string): Promise<Page>;
  shoot(page: Page, name: string): Promise<void>;
  readonly phone: { readonly width: number; readonly height: number };
}

export async function shootWorkflows({ open, shoot, phone }: WorkflowPictures): Promise<void> {
  const logging = createLoggingHandler();
  const env = { NODE_ENV: 'development', WORKER_CONCURRENCY: '8', SOCKET_DRAIN_SECONDS: '0', SHUTDOWN_GRACE_SECONDS: '0' };
  await using system = await startSystem({ engine: 'embedded', env, handlers: [logging.handler] });
  await using _opened = { [Symbol.asyncDispose]: async () => logging.open() };
  const page = await open(system.url);
  const show = async (name: string, jobs: readonly PlannedJob[]): Promise<void> => {
    const workflowId = await createWorkflow(system.url, name, jobs);
    await page.goto(`${system.url}/#page=workflows&workflow=${workflowId}`);
  };
  const counted = (words: string): Promise<void> => page.locator('.workflow-facts .counts-words', { hasText: words }).waitFor();

  await show('report of May', report({ fails: true }));
  await page.locator('.workflow .insight-head .badge[data-status=FAILED]').waitFor();
  await shoot(page, 'workflow-failed');
  await show('report of June', report({ waits: true }));
  await counted('6 succeeded, 1 running');
  await page.locator('.workflow-words', { hasText: 'waits for the signal' }).waitFor();
  await shoot(page, 'workflow-running');

  const pages = Array.from({ length: 998 }, (_, index) => ({
    name: `page-${index + 1}`,
    payload: index < 600 ? { fails: index % 67 === 41 } : { waits: true },
    dependsOn: ['split'],
  }));
  await show('a long book', [{ name: 'split' }, ...pages, { name: 'join', dependsOn: pages.map(({ name }) => name) }]);
  await counted('592 succeeded, 9 failed');
  await shoot(page, 'workflow-1000');
  await page.setViewportSize(phone);
  await shoot(page, 'phone-workflow');
  await page.context().close();
}

/** The params of its last job but one decide how far it gets. */
const report = (told: object): readonly PlannedJob[] => [
  { name: 'fetch', payload: { step: 'orders' } },
  ...['north', 'south', 'east', 'west'].map((region) => ({ name: `count-${region}`, dependsOn: ['fetch'] })),
  { name: 'check', payload: told, dependsOn: ['count-west'] },
  { name: 'sum', dependsOn: ['count-north', 'count-south', 'count-east', 'count-west'] },
  { name: 'approve', payload: 'waits' in told ? { signalName: 'approval' } : {}, dependsOn: ['sum'] },
  { name: 'send', dependsOn: ['approve', 'check'] },
  { name: 'clean-up', dependsOn: ['send'], whenDependencyFails: 'RUN' },
];

const created = z.object({ data: z.object({ createWorkflow: z.object({ workflow: z.object({ workflowId: z.string() }) }) }) });

async function createWorkflow(url: string, name: string, jobs: readonly PlannedJob[]): Promise<string> {
  const query = 'mutation ($input: CreateWorkflowInput!) { createWorkflow(input: $input) { workflow { workflowId } } }';
  const asked = jobs.map(({ payload = {}, ...job }) => ({ type: 'simulate_work', params: { payload }, ...job }));
  const body = JSON.stringify({ query, variables: { input: { name, jobs: asked } } });
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return created.parse(await response.json()).data.createWorkflow.workflow.workflowId;
}
