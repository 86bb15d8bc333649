/** What happens to the children of jobs that are cancelled, fail, or are retried, on both engines. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import type { HandlerContext } from '../../core/handler.ts';
import { isFinal, type Job } from '../../core/job.ts';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import { cancelWorkflow } from '../../core/usecases/cancelWorkflow.ts';
import { createChild } from '../../core/usecases/children.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { retryWorkflow } from '../../core/usecases/retryWorkflow.ts';
import { engines } from '../support/engines.ts';
import { childOf, openScriptedJobs, owner, type Script } from '../support/scriptedJobs.ts';
import { jobsByName, workflowNow } from '../support/workflowTasks.ts';

/** Runs until it is stopped. */
const forever: Script = async ({ signal }: HandlerContext) => {
  if (!signal.aborted) await once(signal, 'abort');
  throw new Error('it was stopped', { cause: signal.reason });
};
const waiting: Script = async ({ waitForSignal }) => {
  await waitForSignal('never');
  return null;
};

describe.each(engines)('on %s', (engine) => {
  test('a cancel reaches children at any depth, running or waiting, also below children that have ended; a retry does them again', async () => {
    await using jobs = await openScriptedJobs(engine, 8);
    const { core, scripts, begin, comesTo, children } = jobs;
    scripts.set('runs', forever).set('waits', waiting);
    scripts.set('over', async ({ createJob }) => (await createJob('left', childOf('waits'))).jobId);
    scripts.set('middle', async ({ createJob, waitFor }) => {
      await createJob('runs', childOf('runs'));
      await createJob('waits', childOf('waits'));
      return (await waitFor(['runs', 'waits'])).runs.status;
    });
    const top = await begin('top', async ({ createJob, waitFor }) => {
      for (const name of ['middle', 'over', 'done']) await createJob(name, childOf(name));
      const { middle, over, done } = await waitFor(['middle', 'over', 'done']);
      return [middle.status, over.status, done.result ?? null];
    });
    const middleOf = async (): Promise<Job | undefined> => (await children(top))['middle'];
    await expect.poll(async () => (await middleOf())?.waiting?.reason, patient).toBe('DEPENDENCIES');
    const { middle, over } = await children(top);
    const leaves = async () => ({ ...(await children(middle?.jobId ?? '')), ...(await children(over?.jobId ?? '')) });
    const statuses = async () => Object.fromEntries(Object.entries(await leaves()).map(([name, { status }]) => [name, status]));
    await expect.poll(statuses, patient).toEqual({ runs: 'PROCESSING', waits: 'PENDING', left: 'PENDING' });
    await expect.poll(async () => (await leaves())['left']?.suspended, patient).toBe(true);
    await comesTo(over?.jobId ?? '', 'SUCCEEDED');
    await expect.poll(async () => (await core.table.get(top))?.waiting?.reason, patient).toBe('DEPENDENCIES');

    await cancelJob(core, { owner, jobId: top });
    await expect.poll(statuses, patient).toEqual({ runs: 'CANCELLED', waits: 'CANCELLED', left: 'CANCELLED' });
    expect((await middleOf())?.status).toBe('CANCELLED');
    expect((await children(top))['over']?.status).toBe('SUCCEEDED');
    await expect.poll(async () => (await core.table.listPlaced({ place: 'tell', limit: 10 })).jobs, patient).toEqual([]);
    // Retried alone, it would be cancelled again.
    const refused = retryJob(core, { owner, jobId: middle?.jobId ?? '' });
    await expect(refused).rejects.toMatchObject({ code: 'JOB_NOT_RETRYABLE', details: { jobId: top } });

    scripts.delete('runs');
    scripts.delete('waits');
    const doneBefore = jobs.began.filter((name) => name === 'done').length;
    await retryJob(core, { owner, jobId: top });
    expect((await comesTo(top, 'SUCCEEDED')).result).toMatchObject({ value: ['SUCCEEDED', 'SUCCEEDED', 'done'] });
    expect(await statuses()).toEqual({ runs: 'SUCCEEDED', waits: 'SUCCEEDED', left: 'CANCELLED' });
    expect(jobs.began.filter((name) => name === 'done')).toHaveLength(doneBefore);
    expect((await middleOf())?.parent).toMatchObject({ depth: 1, generation: 2 });
  });
});

const patient = { timeout: 15_000, interval: 20 };

test('a cancelled workflow cancels the children of its jobs, also open children of jobs that have ended', async () => {
  await using jobs = await openScriptedJobs('embedded', 8);
  const { core, scripts, beginWorkflow, comesTo, children } = jobs;
  scripts.set('left', waiting).set('awaited', forever);
  scripts.set('a', async ({ createJob }) => (await createJob('left', childOf('left'))).jobId);
  scripts.set('b', ({ runJob }) => runJob('awaited', childOf('awaited')));
  const workflowId = await beginWorkflow({ a: [], b: ['a'], c: ['b'] });
  const { a, b } = await jobsByName(core, workflowId);
  await expect.poll(async () => (await core.table.get(b?.jobId ?? ''))?.waiting?.reason, patient).toBe('DEPENDENCIES');
  await expect.poll(async () => (await children(a?.jobId ?? ''))['left']?.suspended, patient).toBe(true);
  await cancelWorkflow(core, { owner, workflowId });
  await expect.poll(async () => (await workflowNow(core, workflowId)).status, patient).toBe('CANCELLED');
  await comesTo((await children(a?.jobId ?? ''))['left']?.jobId ?? '', 'CANCELLED');
  await comesTo((await children(b?.jobId ?? ''))['awaited']?.jobId ?? '', 'CANCELLED');
});

test('a child created while its parent ends goes on if the parent succeeded or failed, and not if it was cancelled', async () => {
  await using jobs = await openScriptedJobs('embedded', 4);
  const { core, scripts, begin, comesTo, children } = jobs;
  const gate = Promise.withResolvers<void>();
  scripts.set('child', async () => {
    await gate.promise;
    return null;
  });
  const succeeded = await begin('returns', async ({ createJob }) => {
    void createJob('child', childOf('child')).catch(() => undefined);
    return null;
  });
  const failed = await begin('fails', async ({ createJob }) => {
    await createJob('child', childOf('child'));
    throw new PermanentError('it fails');
  });
  await comesTo(succeeded, 'SUCCEEDED');
  await comesTo(failed, 'FAILED_FINAL');
  gate.resolve();
  for (const parent of [succeeded, failed]) await comesTo((await children(parent))['child']?.jobId ?? '', 'SUCCEEDED');

  // Created in the clean-up of a cancelled run, and by a worker that has not noticed the cancel for a long time.
  scripts.set('late', waiting);
  const cleaning = await begin('cleans', async (context) => {
    try {
      return await forever(context, 1);
    } finally {
      await context.createJob('late', childOf('late')).catch(() => undefined);
    }
  });
  const held = await comesTo(cleaning, 'PROCESSING');
  await cancelJob(core, { owner, jobId: cleaning });
  await comesTo(cleaning, 'CANCELLED');
  await comesTo((await children(cleaning))['late']?.jobId ?? '', 'CANCELLED');
  const tooLate = await createChild(core, held, 'too late', { ...childOf('too late'), priority: 'NORMAL' });
  await comesTo(tooLate.jobId, 'CANCELLED');
  expect(jobs.began).not.toContain('too late');
});

test('when a retried parent names its failed children they run again, once in each generation; the results of the others are kept', async () => {
  await using jobs = await openScriptedJobs('embedded', 4);
  const { core, scripts, began, begin, beginWorkflow, comesTo, children } = jobs;
  let isMended = false;
  scripts.set('fails', () => {
    if (!isMended) throw new PermanentError('not yet');
    return 'mended';
  });
  const script: Script = async ({ createJob, runJob, step }) => {
    // The step is not repeated: its child is named where it is awaited.
    await step('makes', async () => (await createJob('good', childOf('good'))).jobId);
    await createJob('good too', childOf('good'));
    return [await runJob('fails', childOf('fails')), await runJob('last', childOf('good'))];
  };
  const parent = await begin('parent', script);
  expect((await comesTo(parent, 'FAILED_FINAL')).error?.message).toBe('The child "fails" ended FAILED_FINAL: not yet');
  await retryJob(core, { owner, jobId: parent });
  expect(await comesTo(parent, 'FAILED_FINAL')).toMatchObject({ generation: 2 });
  expect((await children(parent))['fails']).toMatchObject({ status: 'FAILED_FINAL', generation: 2, parent: { generation: 2 } });
  expect(began.filter((name) => name === 'fails')).toHaveLength(2);
  isMended = true;
  await retryJob(core, { owner, jobId: parent });
  expect((await comesTo(parent, 'SUCCEEDED')).result).toMatchObject({ value: ['mended', 'good'] });
  expect(began.filter((name) => name === 'good')).toHaveLength(3);
  const { good } = await children(parent);
  expect(good).toMatchObject({ status: 'SUCCEEDED', generation: 1 });

  // As a job of a workflow, by `retryWorkflow`; and from the start, by `fromStart`.
  isMended = false;
  scripts.set('job', script);
  const workflowId = await beginWorkflow({ job: [], after: ['job'] });
  await expect.poll(async () => (await workflowNow(core, workflowId)).status, patient).toBe('FAILED');
  isMended = true;
  await retryWorkflow(core, { owner, workflowId });
  await expect.poll(async () => (await workflowNow(core, workflowId)).status, patient).toBe('SUCCEEDED');

  isMended = false;
  const again = await begin('parent', script);
  await comesTo(again, 'FAILED_FINAL');
  isMended = true;
  const before = began.length;
  const first = await children(again);
  await retryJob(core, { owner, jobId: again, fromStart: true });
  await comesTo(again, 'SUCCEEDED');
  expect(began.slice(before).filter((name) => name === 'good')).toHaveLength(3);
  expect((await core.table.get(first['fails']?.jobId ?? ''))?.status).toBe('FAILED_FINAL');
});

test('a parent that is retried while earlier children run waits for them, and learns how they end', async () => {
  await using jobs = await openScriptedJobs('embedded', 4);
  const { core, scripts, begin, comesTo, children } = jobs;
  const gate = Promise.withResolvers<void>();
  scripts.set('slow', async () => {
    await gate.promise;
    return 'slow';
  });
  let hasFailed = false;
  const parent = await begin('parent', async ({ createJob, waitFor }) => {
    await createJob('slow', childOf('slow'));
    if (!hasFailed) {
      hasFailed = true;
      throw new PermanentError('something else');
    }
    return (await waitFor(['slow'])).slow.status;
  });
  await comesTo(parent, 'FAILED_FINAL');
  await comesTo((await children(parent))['slow']?.jobId ?? '', 'PROCESSING');
  await retryJob(core, { owner, jobId: parent });
  await expect.poll(async () => (await core.table.get(parent))?.waiting?.reason, patient).toBe('DEPENDENCIES');
  expect((await children(parent))['slow']?.parent?.generation).toBe(2);
  gate.resolve();
  expect((await comesTo(parent, 'SUCCEEDED')).result).toMatchObject({ value: 'SUCCEEDED' });
  expect(Object.values(await children(parent)).every(({ status }) => isFinal(status))).toBe(true);
});
