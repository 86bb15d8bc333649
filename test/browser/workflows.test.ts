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
    await expect.poll(() => words('send')).toBe('waits for approve and break to end');
    await expect.poll(() => page().locator('.graph .node').count()).toBe(4);
    expect(await faults(page())).toEqual([]);
    await shoot('workflow-running');

    logging.open();
    await row('import').and(page().locator('[data-status=SUCCEEDED]')).waitFor();
    await row('break').and(page().locator('[data-status=FAILED_FINAL]')).waitFor();
    // It may be cancelled now, or when “approve” has ended too.
    await expect.poll(() => words('send')).toMatch(/^waits for approve to end$|^It needs “break”/);
    await expect.poll(() => words('approve')).toBe('waits for the signal “approval”');
    await row('approve').getByRole('button', { name: 'Signal … approve' }).click();
    // Its name is known, and filled in.
    const dialog = page().getByRole('dialog');
    await dialog.getByText('To approve, which waits for the signal “approval”. It is sent once.').waitFor();
    await dialog.getByLabel('Payload').fill('{ by: Ada }');
    await dialog.getByRole('button', { name: 'Send' }).click();
    await dialog.getByRole('alert').getByText(/JSON/).waitFor();
    await dialog.getByLabel('Payload').fill('{ "by": "Ada" }');
    expect(await faults(page())).toEqual([]);
    await dialog.getByRole('button', { name: 'Send' }).click();
    await page().getByRole('status').getByText('The signal “approval” was sent to approve.').waitFor();
    await row('approve').and(page().locator('[data-status=SUCCEEDED]')).waitFor();
    await page().locator('.workflow .insight-head .badge[data-status=FAILED]').waitFor();
    await expect.poll(() => words('send')).toContain('“break”');
    await page().getByText('It cannot be read.').first().waitFor();
    await shoot('workflow-failed');

    // It fails again, and the page follows a workflow that had ended.
    logging.close();
    await page().getByRole('button', { name: 'Retry all that failed' }).click();
    await page().getByRole('status').getByText('The failed jobs start again.').waitFor();
    await row('break').and(page().locator('[data-status=PROCESSING]')).waitFor();
    await expect.poll(() => words('send')).toBe('waits for break to end');
    await page().getByRole('button', { name: 'Cancel the workflow' }).click();
    await page().getByRole('status').getByText('Cancelled; what runs ends').waitFor();
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
    await expect.poll(() => panel.locator('.related-job').allTextContents()).toEqual(['import: Succeeded', 'send: Cancelled']);
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
    await panel.getByText('Its handler waits for the signal “approval”').waitFor();
    await page().getByRole('dialog').getByText('which waits for the signal “approval”').waitFor();
    await page().getByRole('dialog').getByRole('button', { name: 'Send' }).click();
    await panel.getByRole('status').getByText('The signal “approval” was sent to simulate_work.').waitFor();
    await panel.locator('.panel-status').getByText('SUCCEEDED', { exact: true }).waitFor();
    await panel.locator('.steps').getByText('reserve').waitFor();
    expect(await panel.getByRole('heading', { name: 'Workflow' }).count()).toBe(0);
  });

  test('shows the children of a job, and why it waits for them', async () => {
    const children = { 'part 1': { waits: true }, 'part 2': { fails: true }, 'part 10': {} };
    const workflowId = await createWorkflow('a nightly import', [{ name: 'import', payload: { children } }]);
    await go(`#page=workflows&workflow=${workflowId}`);
    await expect.poll(() => words('import')).toBe('waits for jobs that it made');
    await row('import').getByRole('link', { name: 'import' }).click();
    const panel = page().locator('.panel');
    await panel.getByText('Waits for the jobs that it made to end').waitFor();
    // Failed jobs come first.
    const made = panel.locator('.related-job');
    await expect.poll(() => made.allTextContents()).toEqual(['part 2: Failed', 'part 1: Running', 'part 10: Succeeded']);
    await panel.getByText('1 succeeded, 1 failed, 1 running').waitFor();
    expect(await faults(page())).toEqual([]);
    await made.getByText('part 2').click();
    await panel.getByText('this is part 2').waitFor();
    await panel.locator('.failure').getByText('It cannot be read.').first().waitFor();
    logging.open();
    await row('import').and(page().locator('[data-status=SUCCEEDED]')).waitFor();
  });

  test('lists many workflows page by page, each with its progress, also on a phone', async () => {
    for (let number = 1; number <= 21; number += 1)
      await createWorkflow(`flow ${number}`, [{ name: 'only' }, { name: 'after', dependsOn: ['only'] }]);
    await go('#page=workflows');
    const rows = page().locator('.workflows-table tbody tr');
    await expect.poll(() => rows.count()).toBe(20);
    const newest = page().getByRole('link', { name: 'flow 21', exact: true });
    await rows.filter({ has: newest }).getByText('2 succeeded').waitFor();
    await page().getByRole('button', { name: 'Older' }).click();
    await expect.poll(() => rows.locator('th a').allTextContents()).toEqual(['flow 1']);
    expect(await page().getByRole('button', { name: 'Older' }).isDisabled()).toBe(true);
    await page().getByRole('button', { name: 'Newer' }).click();
    await expect.poll(() => rows.count()).toBe(20);
    await page().setViewportSize({ width: 390, height: 844 });
    await expect.poll(() => page().evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await faults(page())).toEqual([]);
    await shoot('workflows-phone');
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
    await expect.poll(() => page().locator('.workflow-row').count()).toBe(100);
    await shoot('workflow-1000');
    const layouts = await page().evaluate(countLayouts);
    expect(layouts).toBeGreaterThan(0);
    await page().evaluate(noteWhatMoves);
    for (let step = 0; step < 10; step += 1) await page().getByRole('button', { name: 'Larger' }).click();
    // Parts outside the view are not drawn, and the others were not laid out again: the picture moved as a whole.
    await expect.poll(() => nodes.count()).toBeLessThan(200);
    await expect.poll(() => page().evaluate('moved.whole')).toBeGreaterThan(0);
    expect(await page().evaluate('moved.parts')).toEqual([]);
    expect(await page().evaluate(countLayouts)).toBe(layouts);
    await shoot('workflow-1000-near');
    await page().getByRole('button', { name: 'Fit' }).click();
    await expect.poll(() => nodes.count()).toBe(1000);
    await page().getByRole('button', { name: 'Show 100 more of 1,000' }).click();
    await expect.poll(() => page().locator('.workflow-row').count()).toBe(200);

    await page().setViewportSize({ width: 390, height: 844 });
    await expect.poll(() => page().evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await faults(page())).toEqual([]);
    await shoot('workflow-phone');
    await page().emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    expect(await faults(page(), 'color-contrast')).toEqual([]);
    await page().getByRole('button', { name: 'Cancel the workflow' }).click();
    await page().locator('.workflow .insight-head .badge[data-status=CANCELLED]').waitFor({ timeout: 30_000 });
  }, 90_000);
});

const countLayouts = 'performance.getEntriesByName("workflow layout").length';

/** Runs in the page: counts how often the picture as a whole is moved or scaled, and which of its jobs and lines move within it. */
const noteWhatMoves = `
  globalThis.moved = { whole: 0, parts: [] };
  const whole = document.querySelector('.graph svg > g');
  new MutationObserver((changes) => {
    for (const { target, attributeName } of changes) {
      if (target === whole) moved.whole += 1;
      else moved.parts.push(target.getAttribute('class') + ' ' + attributeName);
    }
  }).observe(whole, { subtree: true, attributeFilter: ['transform', 'd'] });
`;
