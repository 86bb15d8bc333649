import { describe, expect, test } from 'vitest';
import { faults } from './axe.ts';
import { tokenFor } from './tokenFor.ts';
import { useOperated } from './useOperated.ts';

describe('the page of workflows', () => {
  const { logging, page, owner, openPage, go, createJob, createWorkflow } = useOperated();
  const row = (name: string) => page().locator(`.workflow-row[data-name="${name}"]`);
  const words = async (name: string): Promise<string> => (await row(name).locator('.workflow-words').textContent()) ?? '';
  const shoot = async (name: string): Promise<void> => {
    if (process.env['SHOTS'] !== undefined) await page().screenshot({ path: `${process.env['SHOTS']}/${name}.png` });
  };

  test('shows what waits for what while it happens, sends a signal, retries what failed, and leads from job to job', async () => {
    await go('#page=workflows');
    await page().getByText('No workflows yet.').waitFor();
    const workflowId = await createWorkflow('report of May', [
      { name: 'import', payload: { waits: true, step: 'read the file' } },
      { name: 'approve', payload: { signalName: 'approval' }, dependsOn: ['import'] },
      { name: 'break', payload: { waits: true, fails: true }, dependsOn: ['import'] },
      { name: 'send', dependsOn: ['approve', 'break'] },
    ]);
    await page().getByRole('link', { name: 'report of May' }).click();
    await row('import').and(page().locator('[data-status=PROCESSING]')).waitFor();
    await expect.poll(() => words('import')).toMatch(/^runs for /);
    expect(await words('send')).toBe('waits for approve and break to end');
    await expect.poll(() => page().locator('.graph .node').count()).toBe(4);
    expect(await faults(page())).toEqual([]);
    await shoot('workflow-running');

    logging.open();
    await row('import').and(page().locator('[data-status=SUCCEEDED]')).waitFor();
    await row('break').and(page().locator('[data-status=FAILED_FINAL]')).waitFor();
    await expect.poll(() => words('send')).toBe('waits for approve to end');
    await row('approve').getByRole('button', { name: 'Signal … approve' }).click({ timeout: 15_000 });
    const dialog = page().getByRole('dialog');
    await dialog.getByLabel('Signal').fill('approval');
    await dialog.getByLabel('Payload').fill('{ by: Ada }');
    await dialog.getByRole('button', { name: 'Send' }).click();
    await dialog.getByRole('alert').getByText(/JSON/).waitFor();
    await dialog.getByLabel('Payload').fill('{ "by": "Ada" }');
    expect(await faults(page())).toEqual([]);
    await dialog.getByRole('button', { name: 'Send' }).click();
    await row('approve').and(page().locator('[data-status=SUCCEEDED]')).waitFor();
    await page().locator('.workflow .insight-head .badge[data-status=FAILED]').waitFor();
    await expect.poll(() => words('send')).toContain('“break”');
    await page().getByText('It cannot be read.').first().waitFor();
    await shoot('workflow-failed');

    // It fails again, and the page follows a workflow that had ended.
    logging.close();
    await page().getByRole('button', { name: 'Retry all that failed' }).click();
    await row('break').and(page().locator('[data-status=PROCESSING]')).waitFor();
    await expect.poll(() => words('send')).toBe('waits for break to end');
    await page().getByRole('button', { name: 'Cancel the workflow' }).click();
    await row('break').and(page().locator('[data-status=CANCELLED]')).waitFor();
    await page().locator('.workflow .insight-head .badge[data-status=CANCELLED]').waitFor();

    // By the picture to a job, and by its panel to its neighbours, its steps and its workflow.
    await page().locator('.graph .node', { hasText: 'import' }).click();
    const panel = page().locator('.panel');
    await panel.locator('.steps').getByText('read the file').waitFor();
    expect(await faults(page())).toEqual([]);
    await shoot('workflow-panel');
    await panel.locator('.related-job', { hasText: 'approve' }).click();
    await panel.getByText('this is approve').waitFor();
    expect(await panel.locator('.related-job').allTextContents()).toEqual(['import: Succeeded', 'send: Cancelled']);
    await page().keyboard.press('Escape');
    await page().getByRole('link', { name: '← Workflows' }).click();
    await page().getByLabel('Filter by status').selectOption('FAILED');
    await page().getByText('No workflow is in this state.').waitFor();
    await page().getByLabel('Filter by status').selectOption('CANCELLED');
    await page().locator(`[data-workflow="${workflowId}"]`).waitFor();
    expect(await faults(page())).toEqual([]);
    await shoot('workflow-list');

    // An admin sees it too; other callers get the answer that there is no such workflow.
    const [admin, other] = await Promise.all([
      openPage(`#page=workflows&owner=${owner()}`, await tokenFor('an admin', 'admin')),
      openPage(`#page=workflows&workflow=${workflowId}`, await tokenFor('bob')),
    ]);
    await other.locator('.workflow').getByRole('alert').waitFor();
    await admin.getByRole('link', { name: 'report of May' }).click();
    await admin.locator('.workflow-row[data-name="import"][data-status=SUCCEEDED]').waitFor();
    await Promise.all([admin.context().close(), other.context().close()]);
  }, 60_000);

  test('sends a signal to a job of no workflow from its panel', async () => {
    const jobId = await createJob({ params: { payload: { signalName: 'approval', step: 'reserve' } } });
    await go(`#job=${jobId}`);
    const panel = page().locator('.panel');
    await panel.getByRole('button', { name: 'Send a signal …' }).click();
    await page().getByRole('dialog').getByLabel('Signal').fill('approval');
    await page().getByRole('dialog').getByRole('button', { name: 'Send' }).click();
    await panel.locator('.panel-status').getByText('SUCCEEDED', { exact: true }).waitFor();
    await panel.locator('.steps').getByText('reserve').waitFor();
    expect(await panel.getByRole('heading', { name: 'Workflow' }).count()).toBe(0);
  });

  test('stays usable with 1,000 jobs, and on a phone: drawn where one looks, and the list a hundred at a time', async () => {
    const pages = Array.from({ length: 998 }, (_, index) => ({ name: `page-${index}`, dependsOn: ['split'] }));
    const workflowId = await createWorkflow('a long book', [
      { name: 'split', payload: { waits: true } },
      ...pages,
      { name: 'join', dependsOn: pages.map(({ name }) => name) },
    ]);
    await go(`#page=workflows&workflow=${workflowId}`);
    const nodes = page().locator('.graph .node');
    await expect.poll(() => nodes.count(), { timeout: 20_000 }).toBe(1000);
    expect(await page().locator('.workflow-row').count()).toBe(100);
    await shoot('workflow-1000');
    const began = performance.now();
    for (let step = 0; step < 10; step += 1) await page().getByRole('button', { name: 'Larger' }).click();
    // Parts outside the view are not drawn.
    await expect.poll(() => nodes.count()).toBeLessThan(200);
    expect(performance.now() - began).toBeLessThan(10_000);
    await shoot('workflow-1000-near');
    await page().getByRole('button', { name: 'Fit' }).click();
    await expect.poll(() => nodes.count()).toBe(1000);
    await page().getByRole('button', { name: 'Show 100 more of 1,000' }).click();
    await expect.poll(() => page().locator('.workflow-row').count()).toBe(200);

    await page().setViewportSize({ width: 390, height: 844 });
    expect(await page().evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await faults(page())).toEqual([]);
    await shoot('workflow-phone');
    await page().emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    expect(await faults(page(), 'color-contrast')).toEqual([]);
    await page().getByRole('button', { name: 'Cancel the workflow' }).click();
    await page().locator('.workflow .insight-head .badge[data-status=CANCELLED]').waitFor({ timeout: 30_000 });
  }, 90_000);
});
