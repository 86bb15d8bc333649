import { describe, expect, test } from 'vitest';
import { faults } from './axe.ts';
import { tokenFor } from './tokenFor.ts';
import { useOperated } from './useOperated.ts';

describe('the pages of operators', () => {
  const { logging, page, owner, openPage, go, createJob } = useOperated();
  const main = () => page().locator('main');
  const dialog = () => page().getByRole('dialog');

  test('pause a type with reason and end, say by whom, and resume it; a type that no worker knows is marked', async () => {
    await go('#page=types');
    await main().locator('[data-type=generate_report]').getByText('No worker').waitFor();
    expect(await main().getByText('NO_WORKER').count()).toBe(1);
    const card = main().locator('[data-type=transform_data]');
    await card.getByRole('button', { name: 'Pause transform_data' }).click();
    await dialog().getByLabel('Reason').fill('The bucket moves.');
    await dialog().getByLabel('Until').fill('2098-01-01T12:00');
    expect(await faults(page())).toEqual([]);
    await dialog().getByRole('button', { name: 'Pause', exact: true }).click();
    await card.getByText('The bucket moves.').waitFor();
    expect(await card.locator('.pause-note').textContent()).toMatch(new RegExp(`Paused by ${owner()}, .*, until .*2098`));
    expect(await faults(page())).toEqual([]);
    await card.getByRole('button', { name: 'Resume transform_data' }).click();
    await main().getByText('transform_data goes on.').waitFor();
    await card.locator('.pause-note').waitFor({ state: 'detached' });
  });

  test('set the limits of a type, and show who holds its slots, here and at the job that waits for one', async () => {
    await go('#page=types');
    const card = main().locator('[data-type=simulate_work]');
    await card.getByRole('button', { name: 'Limits of simulate_work' }).click();
    await dialog().getByLabel('Run at once', { exact: true }).fill('1');
    await dialog().getByLabel('… in seconds').fill('3600');
    await dialog().getByRole('button', { name: 'Set the limits' }).click();
    expect(await dialog().count()).toBe(1);
    await dialog().getByLabel('Starts').fill('100000');
    expect(await faults(page())).toEqual([]);
    await dialog().getByRole('button', { name: 'Set the limits' }).click();
    await card.getByText('100000 in 1 h').waitFor();
    const jobIds = await Promise.all([0, 1].map(() => createJob({ params: { payload: { waits: true } } })));
    await card.getByRole('button', { name: 'Who holds slots of simulate_work' }).click();
    // Workers apply a limit within five seconds; jobs that began before go on, and count with the next heartbeat.
    const holder = card.locator('.slot-use a');
    await expect.poll(() => card.locator('.slot-use').textContent(), { timeout: 20_000 }).toContain('1 of 1 taken, and others wait');
    const href = (await holder.first().getAttribute('href')) ?? '';
    const waiting = jobIds.find((jobId) => !href.includes(jobId)) ?? '';
    await go(`#job=${waiting}`);
    const slots = page().locator('.panel .slots');
    await slots.getByText('1 of 1 taken, and others wait').waitFor();
    await page().locator('.panel-status').getByText('Waits for others of its kind to end').waitFor();
    expect(await slots.getByRole('link').getAttribute('href')).toBe(href);
    await go('#page=types');
    await card.getByRole('button', { name: 'Limits of simulate_work' }).click();
    await dialog().getByRole('button', { name: 'As the type says' }).click();
    await card.getByText('100000 in 1 h').waitFor({ state: 'detached' });
    logging.open();
  }, 60_000);

  test('show how full each queue is, pause one, and resume it', async () => {
    await go('#page=queues');
    const low = main().locator('[data-queue=LOW]');
    await low.getByText('In flight').waitFor();
    await main().locator('[data-queue=DEAD_LETTER]').waitFor();
    await low.getByRole('button', { name: 'Pause queue Low' }).click();
    await dialog().getByRole('button', { name: 'Pause', exact: true }).click();
    await low.getByText(/until it is resumed/).waitFor();
    expect(await faults(page())).toEqual([]);
    await low.getByRole('button', { name: 'Resume queue Low' }).click();
    await main().getByText('Low goes on.').waitFor();
  });

  test('list the workers with what each knows and how busy it is', async () => {
    await go('#page=workers');
    const row = main().locator('tbody tr');
    await row.waitFor();
    expect(await row.locator('.tag').allTextContents()).toEqual(['simulate_work', 'process_document', 'transform_data', 'deliver_webhook']);
    await main()
      .getByText(/^1 worker, \d+ of \d+ slots busy$/)
      .waitFor();
    expect(await faults(page())).toEqual([]);
  });

  test('make a schedule, run it now, pause, resume, edit and delete it', async () => {
    await go('#page=schedules');
    await main().getByText('No schedules yet.').waitFor();
    await main().getByRole('button', { name: 'New schedule' }).click();
    await dialog().getByLabel('Name').fill('nightly');
    await dialog().getByLabel('Cron expression').fill('nonsense');
    await dialog().getByLabel('Params').fill('{"payload":{"lines":1}}');
    await dialog().getByRole('button', { name: 'Create schedule' }).click();
    await dialog().getByRole('alert').waitFor();
    await dialog().getByLabel('Cron expression').fill('0 3 * * *');
    await dialog().getByLabel('Time zone').fill('Europe/Berlin');
    expect(await faults(page())).toEqual([]);
    await dialog().getByRole('button', { name: 'Create schedule' }).click();
    const card = main().locator('[data-schedule=nightly]');
    await card.getByText('Europe/Berlin').waitFor();
    expect(await card.locator('.schedule-times time').count()).toBe(3);
    await card.getByRole('button', { name: 'Run now: nightly' }).click();
    await main().getByText('nightly made a job now.').waitFor();
    await card.getByRole('button', { name: 'Pause nightly' }).click();
    await card.getByText('Next, once resumed').waitFor();
    expect(await faults(page())).toEqual([]);
    await card.getByRole('button', { name: 'Resume nightly' }).click();
    await card.getByRole('button', { name: 'Edit nightly' }).click();
    expect(await dialog().getByLabel('Params').inputValue()).toContain('"lines": 1');
    await dialog().getByLabel('When').selectOption('interval');
    await dialog().getByLabel('Every, in seconds').fill('1');
    await dialog().getByLabel('Overlap').selectOption('ALLOW_ALL');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await card.getByText('Every 1 s').waitFor();
    // Its ticks appear by themselves, and each links to its job.
    await card.locator('.tick a').first().click();
    await page().locator('.panel .badge-code').getByText('SUCCEEDED').first().waitFor();
    await go('#page=schedules');
    await card.getByRole('button', { name: 'Delete nightly' }).click();
    await dialog().getByRole('button', { name: 'Delete the schedule' }).click();
    await main().getByText('No schedules yet.').waitFor();
  });

  test('keep all that is typed within a frame, and do once what is pressed twice within one', async () => {
    await go('#page=schedules');
    await main().getByRole('button', { name: 'New schedule' }).click();
    await dialog().getByLabel('When').selectOption('interval');
    await dialog().evaluate((form) => {
      for (const [label, text] of [
        ['Name', 'nightly'],
        ['Every, in seconds', '4'],
        ['Overlap', 'ALLOW_ALL'],
      ] as const) {
        const { htmlFor } = [...form.querySelectorAll('label')].find(({ textContent }) => textContent === label) ?? {};
        const field = form.ownerDocument.getElementById(htmlFor ?? '');
        if (field === null || !('value' in field)) throw new Error(label);
        field.value = text;
        for (const event of ['input', 'change']) field.dispatchEvent(new Event(event, { bubbles: true }));
      }
      const send = form.querySelector<HTMLButtonElement>('button[type=submit]');
      send?.click();
      send?.click();
    });
    const card = main().locator('[data-schedule=nightly]');
    await card.getByText('Every 4 s').waitFor();
    await card.getByText('ALLOW_ALL').waitFor();
    await dialog().waitFor({ state: 'detached' });
  });

  test('show a caller who is no admin why nothing can be pressed, instead of failing', async () => {
    const other = await openPage('#page=types', await tokenFor('alice'));
    await other.getByText('does not have it.').waitFor();
    const pause = other.getByRole('button', { name: 'Pause simulate_work' });
    expect(await pause.getAttribute('aria-disabled')).toBe('true');
    await pause.focus();
    await other.keyboard.press('Enter');
    expect(await other.getByRole('dialog').count()).toBe(0);
    expect(await faults(other)).toEqual([]);
    await other.getByRole('link', { name: 'Workers' }).click();
    await other.getByText('To see the workers needs a token with the scope').waitFor();
    await other.getByRole('link', { name: 'Schedules' }).click();
    await other.getByRole('button', { name: 'New schedule' }).waitFor();
    await other.context().close();
  });

  test('fit on a phone, in light and in dark, and lead back to the jobs by keyboard', async () => {
    await page().setViewportSize({ width: 390, height: 844 });
    for (const name of ['Schedules', 'Job types', 'Queues', 'Workers']) {
      await page().getByRole('link', { name, exact: true }).focus();
      await page().keyboard.press('Enter');
      await page().getByRole('heading', { name, exact: true }).waitFor();
      expect(await page().evaluate('document.documentElement.scrollWidth')).toBe(390);
      await page().emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
      expect(await faults(page(), 'color-contrast')).toEqual([]);
      await page().emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    }
    await page().getByRole('link', { name: 'Jobs', exact: true }).click();
    await page().getByText('No jobs yet.').waitFor();
  });
});
