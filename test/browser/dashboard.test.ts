import { describe, expect, test } from 'vitest';
import { shownStatuses } from './openBrowser.ts';
import { useDashboard } from './useDashboard.ts';

describe('the dashboard', () => {
  const { open, createJobs, until } = useDashboard();

  test('creates a job from the form of its type, and shows its progress, its timeline and its result', async () => {
    const { page } = open();
    await page.getByRole('button', { name: 'Create your first job' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Type', { exact: true }).selectOption('simulate_work');
    await dialog.getByLabel('durationMs').fill('3000');
    await dialog.getByLabel('payload').fill('{"hello": "world"}');
    await dialog.getByLabel('Priority').selectOption('HIGH');
    await dialog.getByRole('button', { name: 'Create job' }).click();
    const panel = page.getByRole('complementary', { name: 'simulate_work' });
    await panel.getByRole('progressbar').waitFor();
    await panel.locator('.history li').nth(2).waitFor();
    expect(await panel.locator('.history .badge').allTextContents()).toEqual(['Waiting', 'Running', 'Succeeded']);
    await expect.poll(() => panel.getByLabel('Result', { exact: true }).textContent()).toContain('"hello": "world"');
    await panel.getByRole('button', { name: 'Copy result' }).click();
    await panel.getByText('Copied: result').waitFor({ state: 'attached' });
    expect(await panel.getByRole('img').getAttribute('aria-label')).toMatch(/Waiting .*, Running [1-9]\S* s/);
  });

  test('says at the field what the API does not like, and takes params as JSON too', async () => {
    const { page } = open();
    await page.getByRole('button', { name: 'New job' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Type', { exact: true }).selectOption('simulate_work');
    await dialog.getByLabel('payload').fill('not json');
    await dialog.getByRole('button', { name: 'Create job' }).click();
    expect(await dialog.getByRole('alert').textContent()).toContain('JSON');
    expect(await dialog.getByLabel('payload').getAttribute('aria-invalid')).toBe('true');
    await dialog.getByLabel('payload').fill('');
    await dialog.getByRole('button', { name: 'Edit as JSON' }).click();
    await dialog.getByLabel('Params as JSON').fill('{"durationMs": 99000000}');
    await dialog.getByRole('button', { name: 'Create job' }).click();
    await expect.poll(() => dialog.getByRole('alert').textContent()).toMatch(/60000/);
    await dialog.getByRole('button', { name: 'Edit as a form' }).click();
    expect(await dialog.getByLabel('durationMs').inputValue()).toBe('99000000');
  });

  test('filters by status and by type, keeps the filter in its address, and turns pages', async () => {
    const { page } = open();
    await createJobs(...Array.from({ length: 25 }, () => ({})), { params: { failPermanently: true } });
    await until('SUCCEEDED', 19);
    await page.getByRole('button', { name: 'Older' }).click();
    await until('SUCCEEDED', 6);
    await page.getByRole('button', { name: 'Newest' }).click();
    await page.getByRole('link', { name: 'Failed', exact: true }).click();
    await expect.poll(() => shownStatuses(page)).toEqual(['FAILED_FINAL']);
    await page.reload();
    await until('FAILED_FINAL', 1);
    await page.getByLabel('Filter by type').selectOption('generate_report');
    await page.getByText('No job is like this now.').waitFor();
    await page.goBack();
    await until('FAILED_FINAL', 1);
  });

  test('cancels what waits and retries what was cancelled', async () => {
    const { page } = open();
    await createJobs({ delaySeconds: 600 });
    await page.getByRole('button', { name: /^Cancel simulate_work/ }).click();
    await until('CANCELLED');
    await page.getByRole('button', { name: /^Retry simulate_work/ }).click();
    await until('SUCCEEDED');
  });

  test('draws the depths of the queues and the throughput', async () => {
    const { page } = open();
    await createJobs({ delaySeconds: 600, priority: 'LOW' }, {}, { params: { failPermanently: true } });
    await page.getByRole('article').filter({ hasText: 'Low' }).getByText('1 delayed').waitFor();
    await page.getByText('1 succeeded, 1 failed').waitFor();
    await page.getByRole('img', { name: /^Throughput .* 1 succeeded, 1 failed/ }).waitFor();
  });

  test('works by keyboard alone: create, open, close, and the focus is back where it was', async () => {
    const { page } = open();
    await page.getByRole('button', { name: 'New job' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toContain('New job');
    await createJobs({});
    await until('SUCCEEDED');
    const link = page.getByRole('row').getByRole('link', { name: 'simulate_work' });
    await link.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'simulate_work' }).waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('panel-title');
    await page.keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'Activity' }).waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('simulate_work');
    await page.getByText('simulate_work: succeeded.').waitFor({ state: 'attached' });
  });
});
