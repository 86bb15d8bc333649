import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { openApiSystem } from '../e2e/apiSystem.ts';
import { faults } from './axe.ts';
import { isLive, openBrowser, shownStatuses } from './openBrowser.ts';
import { tokenFor } from './tokenFor.ts';
import { environment, useDashboard } from './useDashboard.ts';

describe('the dashboard', () => {
  const { open, createJobs, until } = useDashboard({ reducedMotion: 'reduce' });

  test('says a state in a word of people, and beside it in the API’s', async () => {
    const { page } = open();
    await createJobs({ params: { failPermanently: true } });
    await until('FAILED_FINAL');
    expect(await page.locator('tbody .badge-name').allTextContents()).toEqual(['Failed']);
    expect(await page.locator('tbody .badge-code').allTextContents()).toEqual(['FAILED_FINAL']);
    expect(await page.getByRole('link', { name: 'Waiting' }).getAttribute('title')).toContain('PENDING');
  });

  test('says of an empty chart what would fill it, and draws once something did', async () => {
    const { page } = open();
    await page.getByText('Fills as jobs end').waitFor();
    await page.getByText('Fills when messages are given up.').waitFor();
    await createJobs({});
    await page.getByRole('img', { name: /^Throughput .* 1 succeeded/ }).waitFor();
    expect(await page.getByText('Fills as jobs end').count()).toBe(0);
  });

  test('finds a job by its ticket and by its key, and says so where there is none', async () => {
    const { page } = open();
    const panel = page.getByRole('complementary', { name: 'simulate_work' });
    await createJobs({ idempotencyKey: 'order 17' });
    await until('SUCCEEDED');
    const search = page.getByRole('searchbox');
    await search.fill('order 17');
    await search.press('Enter');
    await panel.waitFor();
    const ticket = (await panel.getAttribute('data-opened')) ?? '';
    await page.keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'Activity' }).waitFor();
    await search.fill(` ${ticket.toLowerCase()} `);
    await search.press('Enter');
    await panel.getByText('order 17').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'Activity' }).waitFor();
    await search.fill('order 18');
    await search.press('Enter');
    await page.getByText('No job has this ticket, key or tag.').waitFor();
    expect(await faults(page)).toEqual([]);
  });

  test('searches for the text in the field, also when it is sent before the page was rendered again', async () => {
    const { page } = open();
    await createJobs({ idempotencyKey: 'order 19' });
    await until('SUCCEEDED');
    await page.evaluate(`{
      const field = document.querySelector('input[type=search]');
      field.value = 'order 19';
      field.dispatchEvent(new Event('input', { bubbles: true }));
      field.form.requestSubmit();
    }`);
    await page.getByRole('complementary', { name: 'simulate_work' }).waitFor();
  });

  test('retries and cancels the selected rows, each by what can be done to it', async () => {
    const { page } = open();
    await createJobs({ params: { failPermanently: true } }, { params: { failPermanently: true } }, { delaySeconds: 600 }, {});
    await until('FAILED_FINAL', 2);
    await until('SUCCEEDED');
    await page.getByRole('checkbox', { name: 'Select all of this page' }).check();
    await page.getByText('4 selected').waitFor();
    expect(await faults(page)).toEqual([]);
    await page.locator('tr[data-status=SUCCEEDED] .select input').uncheck();
    await page.getByText('3 selected').waitFor();
    await page.locator('tr[data-status=FAILED_FINAL] .select input').first().uncheck();
    await page.getByRole('button', { name: 'Cancel 1', exact: true }).click();
    await page.getByText('1 job cancelled.').waitFor();
    await until('CANCELLED');
    await page.locator('tr[data-status=FAILED_FINAL] .select input').first().check();
    await page.getByRole('button', { name: 'Retry 1', exact: true }).click();
    await page.getByText('1 job retried.').waitFor();
    await page.locator('tr[data-status=FAILED_FINAL][data-version="6"]').waitFor();
    expect(await page.locator('tr[data-version="6"]').count()).toBe(1);
  });

  test('replays a job with edited params: a new one, with the old one’s to start from', async () => {
    const { page } = open();
    const panel = page.getByRole('complementary', { name: 'simulate_work' });
    await createJobs({ priority: 'HIGH', params: { failPermanently: true, payload: { a: 1 } } });
    await until('FAILED_FINAL');
    await page.locator('tr[data-status=FAILED_FINAL] th a').click();
    await panel.getByRole('button', { name: 'Replay' }).click();
    const dialog = page.getByRole('dialog', { name: 'Replay job' });
    expect(await dialog.getByLabel('payload').inputValue()).toBe('{"a":1}');
    expect(await dialog.getByLabel('Priority').inputValue()).toBe('HIGH');
    expect(await faults(page)).toEqual([]);
    await dialog.getByLabel('failPermanently').uncheck();
    await dialog.getByRole('button', { name: 'Create job' }).click();
    await until('SUCCEEDED');
    await expect.poll(() => panel.getByLabel('Result', { exact: true }).textContent()).toContain('"a": 1');
    expect(await shownStatuses(page)).toEqual(['SUCCEEDED', 'FAILED_FINAL']);
  });

  test('lists its shortcuts under ?, and they do what they say, but not while someone types or has turned them off', async () => {
    const { page } = open();
    await createJobs({}, {});
    await until('SUCCEEDED', 2);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('x');
    await expect
      .poll(() => page.locator('tbody .select input').evaluateAll((boxes) => boxes.map((box) => box.matches(':checked'))))
      .toEqual([true, false]);
    await page.keyboard.press('/');
    await page.keyboard.type('n?');
    await expect.poll(() => page.getByRole('searchbox').inputValue()).toBe('n?');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.locator('tbody th a').first().focus();
    await page.keyboard.press('n');
    await page.getByRole('dialog', { name: 'New job' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await dialog.waitFor();
    expect(await dialog.locator('kbd').allTextContents()).toEqual(['n', '/', 'j', 'k', 'x', 'X', '?', 'Esc']);
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole('checkbox').uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('n');
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
    await dialog.waitFor();
    expect(await page.getByRole('dialog').count()).toBe(1);
  });

  test('lets an admin look at another owner’s jobs, live, and back at the own', async () => {
    const { system, page } = open();
    const other = await tokenFor('other owner');
    const create = 'mutation { createJob(input: { type: "simulate_work" }) { created } }';
    await system.request(create, {}, { authorization: `Bearer ${other}` });
    await page.getByText('No jobs yet.').waitFor();
    const field = page.getByRole('textbox', { name: 'Owner' });
    await field.fill('other owner');
    await field.press('Enter');
    await until('SUCCEEDED');
    await page.getByText('Jobs of other owner, last minute').waitFor();
    await system.request(create, {}, { authorization: `Bearer ${other}` });
    await until('SUCCEEDED', 2);
    expect(await faults(page)).toEqual([]);
    await page.reload();
    await until('SUCCEEDED', 2);
    await field.fill('');
    await field.press('Enter');
    await page.getByText('No jobs yet.').waitFor();
  });

  test('shows a caller who is no admin that other owners’ jobs are not theirs to see', async () => {
    const { browser, system, owner } = open();
    const { page: another } = await browser.openPage(`${system.url}/#owner=${owner}`, { token: await tokenFor('no admin') });
    await another.getByRole('alert').getByText('This token does not allow that.').waitFor();
    const field = another.getByRole('textbox', { name: 'Owner' });
    await field.fill('');
    await field.press('Enter');
    await another.getByText('No jobs yet.').waitFor();
    await field.waitFor({ state: 'detached' });
    await another.context().close();
  });

  test('shows the list first on a phone, and nothing sticks out', async () => {
    const { page } = open();
    await createJobs({ delaySeconds: 600, priority: 'HIGH' }, { params: { failPermanently: true } });
    await until('FAILED_FINAL');
    await page.setViewportSize({ width: 390, height: 844 });
    const topOf = async (selector: string): Promise<number> => (await page.locator(selector).boundingBox())?.y ?? Infinity;
    await page.locator('tbody .narrow-only').first().waitFor();
    expect(await topOf('tbody tr:first-child')).toBeLessThan(844 / 3);
    expect(await topOf('.overview')).toBeGreaterThan(await topOf('.pages'));
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    const table = await page.evaluate(
      `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.table-scroll'))`,
    );
    expect(table).toBe(0);
    expect(await faults(page)).toEqual([]);
  });
});

test('offers a retry for a job that nothing touched for longer than the server’s limit', async () => {
  await using system = await openApiSystem({ environment: { ...environment, STUCK_AFTER_SECONDS: '1' }, works: false });
  await using browser = await openBrowser();
  const token = await tokenFor('owner of a stuck job');
  await system.request('mutation { createJob(input: { type: "simulate_work" }) { created } }', {}, { authorization: `Bearer ${token}` });
  const { page } = await browser.openPage(system.url, { token });
  await page.locator('tr[data-status=PENDING] th a').click();
  // The table's clock has whole seconds, and a job counts as stuck only when it surely is: until then the server refuses.
  await pressUntilNewer(page, page.getByRole('button', { name: 'Retry stuck job' }));
  await pressUntilNewer(page, page.getByRole('button', { name: /^Retry simulate_work/ }));
});

test('works over plain HTTP in a private network: it creates a job, and what it copies is in the clipboard', async () => {
  await using system = await openApiSystem({ environment: { ...environment, JWT_SECRET: '' } });
  await using browser = await openBrowser(['--host-resolver-rules=MAP jobs 127.0.0.1']);
  const { page, complaints } = await browser.openPage(system.url.replace(/\/\/[^:]+/, '//jobs'));
  await isLive(page);
  expect(await page.evaluate('[isSecureContext, typeof crypto.randomUUID]')).toEqual([false, 'undefined']);
  await page.getByRole('button', { name: 'New job' }).click();
  await page.getByLabel('Type', { exact: true }).selectOption('simulate_work');
  await page.getByRole('button', { name: 'Create job' }).click();
  const panel = page.getByRole('complementary', { name: 'simulate_work' });
  await panel.getByRole('button', { name: 'Copy ticket' }).click();
  await panel.getByText('Copied: ticket').waitFor({ state: 'attached' });
  const search = page.getByRole('searchbox');
  await search.focus();
  await page.keyboard.press('Control+V');
  await expect.poll(() => search.inputValue()).toBe(await panel.getAttribute('data-opened'));
  expect(complaints).toEqual([]);
});

/** Until the row shows a later version than now; on a slow machine it may be pressed once more before it does. */
async function pressUntilNewer(page: Page, button: Locator): Promise<void> {
  const version = async (): Promise<number> => Number(await page.locator('tr[data-status=PENDING]').getAttribute('data-version'));
  const before = await version();
  await expect
    .poll(async () => {
      if ((await version()) === before) await button.click();
      return version();
    })
    .toBeGreaterThan(before);
}
