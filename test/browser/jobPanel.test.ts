import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { ownerFolder } from '../../core/ownerFolder.ts';
import { faults } from './axe.ts';
import { useOperated } from './useOperated.ts';

describe('the panel of a job', () => {
  const { logging, page, owner, go, createJob } = useOperated();
  const panel = () => page().locator('.panel');
  const texts = (selector: string) => panel().locator(selector).allTextContents();

  test('lists the attempts with worker, error and stack, and shows the log as it comes, by attempt and by level', async () => {
    const jobId = await createJob({ params: { failAttempts: 1, payload: { lines: 2, waits: true } } });
    await go(`#job=${jobId}`);
    await panel().locator('.attempt[data-attempt="1.2"]').getByText('Running').waitFor();
    await panel().locator('.attempt[data-attempt="1.1"] .attempt-error > p').getByText('The mill stands still.').waitFor();
    expect(await panel().locator('.attempt').first().locator('.attempt-worker').textContent()).toMatch(/^by \S+/);
    await panel().getByText('Stack', { exact: true }).click();
    expect(await panel().getByLabel('Stack of attempt 1').textContent()).toContain('loggingHandler');
    const lines = '.log-line .log-text';
    await panel().getByText('a cell is empty').waitFor();
    expect((await texts(lines)).map((text) => text.trim())).toEqual([
      'it begins attempt=1',
      'no answer url=https://example.com',
      'it begins attempt=2',
      'row 1 line=1',
      'row 2 line=2',
      'a cell is empty',
    ]);
    expect(await faults(page())).toEqual([]);
    await panel().getByRole('button', { name: 'Log of attempt 1' }).click();
    await expect.poll(() => texts(lines)).toHaveLength(2);
    await panel().getByLabel('Levels that are shown').selectOption('ERROR');
    await expect.poll(() => texts('.log-level')).toEqual(['error']);
    await panel().getByLabel('Attempt whose log is shown').selectOption('All attempts');
    await panel().getByLabel('Levels that are shown').selectOption('WARN');
    await expect.poll(() => texts('.log-level')).toEqual(['error', 'warning']);
    const follow = panel().getByRole('button', { name: 'Pause', exact: true });
    await follow.click();
    await panel().getByRole('button', { name: 'Follow', exact: true }).waitFor();
    await panel().locator('.log-live').waitFor();
    logging.open();
    await panel().locator('.attempt[data-outcome=SUCCEEDED]').waitFor();
    await panel().locator('.log-live').waitFor({ state: 'detached' });
    expect(await panel().getByRole('link', { name: 'Trace ↗' }).getAttribute('href')).toContain('https://traces.example.com/trace/');
    expect(await panel().getByRole('link', { name: 'Open the trace' }).getAttribute('href')).toMatch(
      /^https:\/\/traces\.example\.com\/trace\/[0-9a-f]{32}\?a=1&b=2$/,
    );
  });

  test('follows a long log to its end, shows how much of it is not kept, and holds still for a reader who scrolls up', async () => {
    const jobId = await createJob({ params: { payload: { lines: 3000 } } });
    await go(`#job=${jobId}`);
    const box = panel().getByRole('log');
    await panel().getByText('a cell is empty').waitFor();
    const fromEnd = () => box.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
    await expect.poll(fromEnd).toBeLessThan(2);
    await panel().getByLabel('Levels that are shown').waitFor();
    while (
      await panel()
        .getByRole('button', { name: /^Show \d+ earlier lines/ })
        .isVisible()
    ) {
      await panel()
        .getByRole('button', { name: /^Show \d+ earlier lines/ })
        .click();
    }
    await panel()
      .getByText(/^[\d,]+ lines are not kept$/)
      .waitFor({ state: 'attached' });
    await box.evaluate((element) => element.scrollTo(0, 0));
    await panel().getByRole('button', { name: 'Follow', exact: true }).click();
    await expect.poll(fromEnd).toBeLessThan(2);
  });

  test('says why it waits and until when, moves its start, and cancels what runs with word of it', async () => {
    const runAt = new Date(Date.now() + 86_400_000).toISOString();
    const jobId = await createJob({ runAt, params: { payload: { lines: 1, waits: true, isSlowToStop: true } } });
    await go(`#job=${jobId}`);
    await panel()
      .locator('.panel-status')
      .getByText(/^Begins later, at .* RUN_AT$/)
      .waitFor();
    await panel().getByRole('button', { name: 'Reschedule' }).click();
    const dialog = page().getByRole('dialog', { name: 'Reschedule job' });
    expect(await faults(page())).toEqual([]);
    await page().keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await panel().count()).toBe(1);
    await panel().getByRole('button', { name: 'Reschedule' }).click();
    await dialog.getByLabel('Start, in your time zone').fill('2099-01-01T12:00');
    await dialog.getByRole('button', { name: 'Reschedule' }).click();
    await dialog.getByRole('alert').getByText('365').waitFor();
    await dialog.getByRole('button', { name: 'Start now' }).click();
    await panel().locator('.attempt').getByText('Running').waitFor();
    await panel().getByRole('button', { name: 'Cancel job' }).click();
    await panel().getByText('Asked to stop: it ends within a heartbeat of its worker.').waitFor();
    expect(await panel().getByRole('button', { name: 'Cancelling …' }).isDisabled()).toBe(true);
    await panel().getByText('it should stop').waitFor();
    logging.open();
    await panel().locator('.panel-status .badge-code').getByText('CANCELLED').waitFor();
    await panel().locator('.attempt[data-outcome=CANCELLED]').waitFor();
    await panel().getByText('Asked to stop').waitFor({ state: 'detached' });
    await panel().getByRole('button', { name: 'Retry' }).click();
    await panel().locator('.panel-status .badge-code').getByText('SUCCEEDED').waitFor();
    await panel().locator('.attempt[data-attempt="2.1"][data-outcome=SUCCEEDED]').waitFor();
    await expect.poll(() => texts('.log-line')).toHaveLength(7);
  });

  test('gives the files that a job wrote to be saved, and says where one is gone', async () => {
    const folder = `s3://job-tickets/${ownerFolder(owner())}`;
    const params = { source: 's3://job-tickets/examples/sales.csv', output: `${folder}/Verkäufe 1.jsonl`, to: 'jsonl' };
    const jobId = await createJob({ type: 'transform_data', params });
    await go(`#job=${jobId}`);
    const saved = page().waitForEvent('download');
    await panel().getByRole('button', { name: 'Download Verkäufe 1.jsonl' }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe('Verkäufe 1.jsonl');
    expect((await readFile(await download.path(), 'utf8')).split('\n')[0]).toContain('"region"');
    await panel().getByText('Saved Verkäufe 1.jsonl.').waitFor();
    await page().route('**/outputs/output', (route) => route.fulfill({ status: 404, json: { errors: [{ message: 'It is gone.' }] } }));
    await panel().getByRole('button', { name: 'Download Verkäufe 1.jsonl' }).click();
    await panel().getByRole('alert').getByText('It is gone.').waitFor();
    await panel().getByRole('button', { name: 'Replay' }).click();
    await page().getByRole('dialog').getByText('give it another name').waitFor();
  });

  test('replays with the params, the priority, the tags and the start of the old one', async () => {
    const runAt = new Date(Date.now() + 86_400_000).toISOString();
    const jobId = await createJob({ runAt, priority: 'LOW', tags: ['käse', 'a, b'], params: { payload: { lines: 7 } } });
    await go(`#job=${jobId}`);
    await panel().locator('.facts .tag').first().waitFor();
    expect(await texts('.facts .tag')).toEqual(['käse', 'a, b']);
    await panel().getByRole('button', { name: 'Replay' }).click();
    const dialog = page().getByRole('dialog', { name: 'Replay job' });
    expect(await dialog.getByLabel('payload').inputValue()).toBe('{"lines":7}');
    expect(await dialog.getByLabel('Priority').inputValue()).toBe('LOW');
    expect(await dialog.getByLabel('Tags').inputValue()).toBe('käse\na, b');
    expect(Math.abs(Date.parse(await dialog.getByLabel('Or not before').inputValue()) - Date.parse(runAt))).toBeLessThan(86_400_000);
    expect(await dialog.getByLabel('Delay, in seconds').isDisabled()).toBe(true);
    await dialog.getByLabel('payload').fill('{"lines":8}');
    await dialog.getByRole('button', { name: 'Create job' }).click();
    await expect.poll(() => panel().getAttribute('data-opened')).not.toBe(jobId);
    await expect.poll(() => texts('.facts .tag')).toEqual(['käse', 'a, b']);
    await expect.poll(() => panel().getByLabel('Params', { exact: true }).textContent()).toContain('"lines": 8');
    await panel().getByText('To begin at').waitFor();
  });
});
