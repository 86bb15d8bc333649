/** For the tests of a file: a system and a browser; for each test, the page of an owner of its own, who is an admin and sees the queues. */
import { randomUUID } from 'node:crypto';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';
import { isLive, openBrowser, shownStatuses, type OpenedBrowser, type WatchedPage } from './openBrowser.ts';
import { jwtSecret, tokenFor } from './tokenFor.ts';

export const environment = {
  SOCKET_DRAIN_SECONDS: '0',
  RECEIVE_WAIT_SECONDS: '1',
  BACKOFF_BASE_MS: '10',
  JWT_SECRET: jwtSecret,
};

export interface Dashboard {
  readonly browser: OpenedBrowser;
  readonly system: ApiSystem;
  readonly page: Page;
  readonly owner: string;
}

const createMany = 'mutation ($input: CreateJobsInput!) { createJobs(input: $input) { results { job { jobId } } } }';

/** Fails a test whose page had an error. */
export function useDashboard(options: BrowserContextOptions = {}) {
  let browser: OpenedBrowser;
  let system: ApiSystem;
  let opened: WatchedPage;
  let owner: string;
  let token: string;

  beforeAll(async () => {
    [browser, system] = await Promise.all([openBrowser(), openApiSystem({ environment })]);
  }, 60_000);
  afterAll(() => Promise.all([browser[Symbol.asyncDispose](), system[Symbol.asyncDispose]()]));
  beforeEach(async () => {
    owner = randomUUID();
    token = await tokenFor(owner, 'admin');
    opened = await browser.openPage(system.url, { ...options, token });
    await isLive(opened.page);
  });
  afterEach(async () => {
    await opened.page.context().close();
    if (opened.complaints.length > 0) throw new Error(`the page complains:\n${opened.complaints.join('\n')}`);
  });

  return {
    /** In a test. */
    open: (): Dashboard => ({ browser, system, page: opened.page, owner }),
    async createJobs(...inputs: readonly object[]): Promise<void> {
      const all = inputs.map((input) => ({ type: 'simulate_work', ...input }));
      await system.request(createMany, { input: { jobs: all } }, { authorization: `Bearer ${token}` });
    },
    /** Resolves when the table shows so many jobs of that status. */
    until: (status: string, count = 1): Promise<void> =>
      expect.poll(async () => (await shownStatuses(opened.page)).filter((shown) => shown === status).length).toBe(count),
  };
}
