/** Finding and controlling many jobs: search, tags, times, ranges of rows, errors by kind, statistics, and bulk operations. */
import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { encodeTime } from 'ulid';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Job } from '../../core/job.ts';
import { makeJob } from '../support/jobFactory.ts';
import { startSystem, type System } from '../support/startSystem.ts';
import { faults } from './axe.ts';
import { isLive, openBrowser, shownStatuses, type OpenedBrowser, type WatchedPage } from './openBrowser.ts';
import { jwtSecret, tokenFor } from './tokenFor.ts';

describe('the dashboard', () => {
  let browser: OpenedBrowser;
  let system: System;
  let opened: WatchedPage;
  let page: Page;
  let owner: string;

  beforeAll(async () => {
    const env = { JWT_SECRET: jwtSecret, SOCKET_DRAIN_SECONDS: '0', SHUTDOWN_GRACE_SECONDS: '0' };
    [browser, system] = await Promise.all([openBrowser(), startSystem({ engine: 'embedded', env })]);
  }, 60_000);
  afterAll(() => Promise.all([browser[Symbol.asyncDispose](), system[Symbol.asyncDispose]()]));
  beforeEach(async () => {
    owner = randomUUID();
    opened = await browser.openPage(system.url, { token: await tokenFor(owner, 'admin'), reducedMotion: 'reduce' });
    ({ page } = opened);
    await isLive(page);
  });
  afterEach(async () => {
    await page.context().close();
    if (opened.complaints.length > 0) throw new Error(`the page complains:\n${opened.complaints.join('\n')}`);
  });

  /** Records as real work would leave them: `agoMs` before now. */
  async function record(agoMs: number, changes: Partial<Job> = {}): Promise<Job> {
    const createdAt = Date.now() - agoMs;
    const jobId = `${encodeTime(createdAt, 10)}${system.core.newJobId().slice(10)}`;
    const history = [{ version: 1, status: 'PENDING', at: createdAt, attempt: 0 } as const];
    const { job } = await system.core.table.create(makeJob({ owner, jobId, createdAt, history, ...changes }));
    if (job === undefined) throw new Error('not created');
    return job;
  }
  const ended = { status: 'SUCCEEDED', startedAt: Date.now(), finishedAt: Date.now() } as const;
  const failed = (message: string) =>
    ({ status: 'FAILED_FINAL', error: { code: 'PERMANENT', message, attempt: 1, at: Date.now() } }) as const;
  /** Longer than any test runs. */
  const later = { dueAt: Date.now() + 3_600_000, waiting: { reason: 'RUN_AT', until: Date.now() + 3_600_000 } } as const;

  const until = (count: number): Promise<void> => expect.poll(async () => (await shownStatuses(page)).length).toBe(count);
  /** In the order of the alphabet. */
  const statuses = async (): Promise<readonly string[]> => (await shownStatuses(page)).map(String).toSorted((a, b) => a.localeCompare(b));
  /** The page is rendered once per frame: a box beside the clicked one changes in the next. */
  const areSelected = (expected: readonly boolean[]): Promise<void> =>
    expect
      .poll(() => page.locator('tbody .select input').evaluateAll((boxes) => boxes.map((box) => box.matches(':checked'))))
      .toEqual(expected);

  test('finds the jobs of a tag, says that it is one, and shows the tags of each job as ways to the others', async () => {
    await record(3000, { ...ended, tags: ['nightly', 'eu west'] });
    await record(2000, { ...ended, tags: ['nightly'] });
    await record(1000, ended);
    const search = page.getByRole('searchbox');
    await search.fill('eu west');
    await search.press('Enter');
    await page.getByText('Found as a tag, of 1 job.').waitFor();
    await until(1);
    await page.getByRole('link', { name: 'nightly' }).click();
    await until(2);
    await record(0, { ...ended, tags: ['nightly'] });
    await page.reload();
    await until(3);
    expect(await faults(page)).toEqual([]);
    await page.getByRole('link', { name: 'Remove the filter: Tag: nightly' }).click();
    await until(4);
    await search.fill('no such tag');
    await search.press('Enter');
    await page.getByText('No job has this ticket, key or tag.').waitFor();
  });

  test('narrows to jobs that were handed in recently, or between two times', async () => {
    await record(30 * 60_000, ended);
    await record(1000, ended);
    const time = page.getByLabel('Filter by time');
    await time.selectOption('Last 15 minutes');
    await until(1);
    await time.selectOption('Last hour');
    await until(2);
    await time.selectOption('Between …');
    await page.getByLabel('To', { exact: true }).fill('2001-01-01T00:00');
    await page.getByText('No job is like this now.').waitFor();
    expect(await faults(page)).toEqual([]);
    await page.getByRole('link', { name: 'Show all jobs' }).click();
    await until(2);
  });

  test('selects ranges of rows, with the mouse and with the keyboard alone', async () => {
    for (let index = 0; index < 6; index += 1) await record(index, ended);
    await page.reload();
    await until(6);
    const boxes = page.locator('tbody .select input');
    await boxes.nth(1).click();
    await boxes.nth(3).click({ modifiers: ['Shift'] });
    await areSelected([false, true, true, true, false, false]);
    await boxes.nth(2).click();
    await boxes.nth(3).click({ modifiers: ['Shift'] });
    await areSelected([false, true, false, false, false, false]);
    await boxes.nth(4).focus();
    await page.keyboard.press('Space');
    await boxes.nth(5).focus();
    await page.keyboard.press('Shift+Space');
    await areSelected([false, true, false, false, true, true]);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.locator('tbody th a').first().focus();
    for (const key of ['x', 'j', 'j', 'X']) await page.keyboard.press(key);
    await areSelected([true, true, true, false, false, false]);
  });

  test('groups errors by kind, shows the jobs of one, and retries them all after a dry run', async () => {
    for (let index = 0; index < 3; index += 1) await record(1000 + index, failed(`No file “${index}.csv”`));
    await record(500, failed('Out of memory'));
    await page.getByRole('link', { name: 'Errors' }).click();
    const row = page.getByRole('row').filter({ hasText: 'No file “…”' });
    await row.getByText('3', { exact: true }).waitFor();
    expect(await page.locator('.error-message').allTextContents()).toEqual(['No file “…”', 'Out of memory']);
    expect(await faults(page)).toEqual([]);
    await row.getByRole('link', { name: 'No file “…”' }).click();
    await until(3);
    await page.goBack();
    await row.getByRole('button', { name: 'Retry all jobs that failed so: No file “…”' }).click();
    const dialog = page.getByRole('dialog', { name: 'Retry jobs' });
    await dialog.getByText('This would retry 3 jobs.').waitFor();
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Retry 3 jobs' }).click();
    await dialog.getByText('3 jobs retried.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await expect.poll(statuses).toEqual(['FAILED_FINAL', 'SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
  });

  test('cancels all jobs that a filter chooses, shows its progress, also on the page, and aborts it when asked', async () => {
    for (let index = 0; index < 12; index += 1) await record(index, { ...later, tags: ['doomed'] });
    const spared = await record(0, later);
    await page.goto(`${system.url}/#tag=doomed`);
    await until(12);
    await page.getByRole('button', { name: 'Cancel all' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel jobs' });
    await dialog.getByText('This would cancel 12 jobs.').waitFor();
    await dialog.getByLabel('At most so many a second').fill('1');
    await dialog.getByRole('button', { name: 'Cancel 12 jobs' }).click();
    await dialog.getByText(/^Cancelling [1-9]\d* of 12 jobs …/).waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    const strip = page.getByRole('group', { name: 'Bulk operations under way' });
    await strip.getByText(/^Cancelling/).waitFor();
    await strip.getByRole('button', { name: 'Abort' }).click();
    await strip.waitFor({ state: 'detached' });
    const cancelled = (await shownStatuses(page)).filter((status) => status === 'CANCELLED').length;
    expect(cancelled).toBeGreaterThan(0);
    expect(cancelled).toBeLessThan(12);
    expect((await system.core.table.get(spared.jobId))?.status).toBe('PENDING');
  });

  test('shows what each type did, and which of its jobs waits longest', async () => {
    await record(120_000, {
      type: 'transform_data',
      status: 'SUCCEEDED',
      startedAt: Date.now() - 118_000,
      finishedAt: Date.now() - 88_000,
    });
    await record(60_000, { type: 'transform_data', ...failed('x') });
    const pause = 'mutation { pauseJobType(input: { type: "generate_report" }) { jobType { name } } }';
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${await tokenFor(owner, 'admin')}` };
    await fetch(`${system.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query: pause }) });
    const waiting = await record(240_000, { type: 'generate_report', waiting: { reason: 'PAUSED', for: '["type","generate_report"]' } });
    await page.getByRole('link', { name: 'Statistics' }).click();
    const row = page.locator('tr[data-type=transform_data]');
    await row.getByText('50.0 %').or(row.getByText('50 %')).waitFor();
    await row.getByText('2.0 s').first().waitFor();
    await row.getByText('30 s').first().waitFor();
    await row.getByRole('img', { name: 'transform_data: 2 handed in, 1 succeeded, 1 failed' }).waitFor();
    expect(await faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Last day' }).click();
    await page.getByText('Last day, by hour').waitFor();
    await page
      .locator('tr[data-type=generate_report]')
      .getByRole('link', { name: /^4 min/ })
      .click();
    await page.locator(`[data-opened="${waiting.jobId}"]`).waitFor();
  });

  test('shows an admin the failed jobs of all owners, and whose they are', async () => {
    const [one, other] = [`one-${owner}`, `other-${owner}`];
    await record(1000, { owner: one, ...failed('x') });
    await record(1000, { owner: other, ...failed('y') });
    await record(1000, { owner: other, ...ended });
    await page.getByRole('button', { name: 'All owners' }).click();
    await page.getByRole('link', { name: other }).waitFor();
    expect(await faults(page)).toEqual([]);
    await record(0, { owner: one, ...failed('z') });
    await expect.poll(() => page.getByRole('link', { name: one }).count(), { timeout: 10_000 }).toBe(2);
    await page.getByRole('link', { name: 'Errors' }).click();
    await page.getByText('Errors of jobs of all owners').waitFor();
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await page.getByRole('link', { name: other }).click();
    await expect.poll(statuses).toEqual(['FAILED_FINAL', 'SUCCEEDED']);
  });

  test('has nothing that sticks out on a phone, on any page of jobs', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const long = 'a-tag-of-sixty-four-characters-a-tag-of-sixty-four-characters-ab';
    const message = 'An error that goes on and on, s3://with/an/address/that/is/long/too/and-has-no-space-and-goes-on.csv';
    await record(1000, { tags: [long, 'b', 'c', 'd', 'e'], ...failed(message) });
    for (const hash of ['', 'page=errors', 'page=statistics', 'all-owners=yes', `tag=${long}&from=2026-01-01T00:00:00Z`]) {
      await page.goto(`${system.url}/#${hash}`);
      await page.locator('tbody tr, .empty').first().waitFor();
      await expect.poll(() => page.getByText('Loading').count()).toBe(0);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      const outside = `[...document.querySelectorAll('.filter-bar *, .insight-head *')]
        .filter((element) => element.closest('.filter-line') === null && element.getBoundingClientRect().right > 390)
        .map((element) => element.outerHTML)`;
      expect(await page.evaluate(outside)).toEqual([]);
    }
  });
});
