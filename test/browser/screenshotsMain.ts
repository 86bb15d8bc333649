/**
 * `npm run screenshots`: the pictures for docs/dashboard.md, with 0, 1, 300 and 100,000 jobs, each from a system of its own, and
 * with workflows. `npm run screenshots -- workflows`: only those; `-- jobs`: only the others.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { fillSearchedJobs } from '../support/fillSearchedJobs.ts';
import { startSystem, type System } from '../support/startSystem.ts';
import { demoJob } from './demoJobs.ts';
import { isLive, openBrowser, type OpenedBrowser, type WatchedPage } from './openBrowser.ts';
import { shootWorkflows } from './workflowPictures.ts';

const folder = join(import.meta.dirname, '../../docs/dashboard');
const wide = { width: 1360, height: 850 };
const phone = { width: 390, height: 844 };
/** Of a server that asks for no token. */
const owner = 'anonymous';

const [only] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
await using browser = await openBrowser();
if (only !== 'workflows') await shootJobs();
if (only !== 'jobs') await shootWorkflows({ open: async (url) => (await openWide(browser, url)).page, shoot, phone });

async function shootJobs(): Promise<void> {
  await withJobs(0, async ({ page }) => shoot(page, 'jobs-0'));
  await withJobs(1, async ({ page }) => shoot(page, 'jobs-1'));
  await withJobs(300, async ({ page, system }) => {
    await busy(system, page);
    await shoot(page, 'jobs-300');
    await page.locator('tr[data-status=PROCESSING] th a').first().click();
    await page.getByText('Timeline').waitFor();
    await shoot(page, 'job');
    await page.keyboard.press('Escape');
    await page.setViewportSize(phone);
    await shoot(page, 'phone');
    await page.getByRole('link', { name: 'Errors' }).click();
    await page.locator('.errors-table').waitFor();
    await shoot(page, 'phone-errors');
  });
  await withJobs(100_000, async ({ page, system }) => {
    await busy(system, page);
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await timed('counted', () => page.getByText('More than 10,000 jobs').waitFor());
    await shoot(page, 'jobs-100000');
    const newest = await page.locator('tbody tr').first().getAttribute('data-job');
    await timed('an older page', async () => {
      await page.getByRole('button', { name: 'Older' }).click();
      await page.locator(`tr[data-job="${newest}"]`).waitFor({ state: 'detached' });
    });
    await timed('one state', async () => {
      await page.getByRole('link', { name: 'Cancelled' }).click();
      await page.locator('tr[data-status=CANCELLED]').nth(19).waitFor();
    });
    await timed('statistics', async () => {
      await page.getByRole('link', { name: 'Statistics' }).click();
      await page.locator('.statistics-table').waitFor();
    });
    await page.getByRole('button', { name: 'Last day' }).click();
    await page.getByText('Last day, by hour').waitFor();
    await shoot(page, 'statistics');
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await timed('errors', async () => {
      await page.getByRole('link', { name: 'Errors' }).click();
      await page.locator('.errors-table').waitFor();
    });
    await shoot(page, 'errors');
    await page
      .getByRole('button', { name: /^Retry all jobs that failed so/ })
      .first()
      .click();
    await page.getByText('This would retry').waitFor();
    await shoot(page, 'bulk');
  });
}

interface Stage {
  readonly system: System;
  readonly page: Page;
}

/** How long it takes until a page shows what was requested. */
async function timed(what: string, show: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await show();
  process.stdout.write(`${what}: ${Math.round(performance.now() - began)} ms\n`);
}

async function withJobs(jobs: number, show: (stage: Stage) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'job-tickets-screenshots-'));
  try {
    const options = { owner, jobs, now: Date.now() };
    fillSearchedJobs({ file: join(dataDir, 'jobs.sqlite'), jobs, jobOf: (index) => demoJob(index, options) });
    const env = {
      DATA_DIR: dataDir,
      NODE_ENV: 'development',
      WORKER_CONCURRENCY: '6',
      SOCKET_DRAIN_SECONDS: '0',
      SHUTDOWN_GRACE_SECONDS: '0',
    };
    await using system = await startSystem({ engine: 'embedded', env });
    const { page, complaints } = await opened(browser, system);
    await show({ system, page });
    await page.context().close();
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  } finally {
    await rm(dataDir, { recursive: true });
  }
}

async function opened(from: OpenedBrowser, { url }: System): Promise<WatchedPage> {
  const watched = await openWide(from, url);
  await watched.page.locator('.pages').waitFor();
  return watched;
}

async function openWide({ openPage }: OpenedBrowser, url: string): Promise<WatchedPage> {
  const watched = await openPage(url, { viewport: wide, reducedMotion: 'reduce', timezoneId: 'Europe/Berlin', locale: 'en-GB' });
  await isLive(watched.page);
  return watched;
}

/** Some jobs that end at once, more than run at a time, and one that waits. */
async function busy(system: System, page: Page): Promise<void> {
  const quick = Array.from({ length: 30 }, (_, index) => ({ params: { durationMs: 50 + 40 * index, failPermanently: index % 9 === 4 } }));
  const slow = Array.from({ length: 10 }, (_, index) => ({
    params: { durationMs: 60_000, steps: 200 },
    tags: index % 2 === 0 ? ['import', 'eu-west'] : [],
  }));
  const jobs = [...quick, ...slow].map((job) => ({ type: 'simulate_work', ...job }));
  const query = 'mutation ($input: CreateJobsInput!) { createJobs(input: $input) { results { created } } }';
  const body = JSON.stringify({ query, variables: { input: { jobs } } });
  await fetch(`${system.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await page.locator('tr[data-status=PROCESSING] progress[value]').nth(5).waitFor();
  await page.locator('.waits li').waitFor();
}

async function shoot(page: Page, name: string): Promise<void> {
  // Data that is polled has been read.
  await page.waitForTimeout(2500);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  // Where it is installed: a third of the size, with no visible difference.
  spawnSync('pngquant', ['--force', '--ext', '.png', '--speed', '1', '--skip-if-larger', path]);
  process.stdout.write(`${name}.png\n`);
}
