/** Handlers that wait for signals: sent before or after, once, by the job's owner. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/job.ts';
import { signalDraft } from '../../core/usecases/awaitSignal.ts';
import type { Core } from '../../core/usecases/core.ts';
import { keptKey, keptKind } from '../../core/usecases/kept.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { sendSignal } from '../../core/usecases/sendSignal.ts';
import { wakeSignalled } from '../../core/usecases/tellSignals.ts';
import { awaitedSignals } from '../../core/waiting.ts';
import { openScripted, owner, type Script, type Scripted } from './scripted.ts';

let scripted: Scripted;
let core: Core;

beforeAll(async () => {
  scripted = await openScripted();
  ({ core } = scripted);
});
afterAll(() => scripted[Symbol.asyncDispose]());

const begin: Scripted['begin'] = (name, script) => scripted.begin(name, script);
const ended: Scripted['ended'] = (jobId) => scripted.ended(jobId);
const present: Scripted['present'] = (jobId) => scripted.present(jobId);

const approval: Script = async ({ waitForSignal }) => (await waitForSignal('approval')).payload ?? null;

test('a signal reaches a job that waits for it, without a slot meanwhile, and one that will wait for it later', async () => {
  const waiting = await begin('waits', approval);
  await expect.poll(() => present(waiting)).toMatchObject({ status: 'PENDING', waiting: { reason: 'SIGNAL' } });
  expect((await present(waiting))?.dueAt).toBeUndefined();
  const payload = { by: 'Ada' };
  expect(await sendSignal(core, { owner, jobId: waiting, name: 'approval', payload })).toMatchObject({ jobId: waiting });
  expect(await ended(waiting)).toMatchObject({ status: 'SUCCEEDED', attempts: 1, failures: 0, result: { value: payload } });

  const early = await begin('sent before', async (context, run) => {
    await context.sleep('first', 1);
    return run === 1 ? null : approval(context, run);
  });
  await sendSignal(core, { owner, jobId: early, name: 'approval', payload: 'early' });
  expect(await ended(early)).toMatchObject({ status: 'SUCCEEDED', result: { value: 'early' } });
});

test('a signal is sent once: the same again changes nothing, another is refused, and so is one to a job that has ended', async () => {
  const jobId = await begin('twice', async ({ waitForSignal }) => {
    const both = await Promise.all([waitForSignal('a'), waitForSignal('b')]);
    return both.map(({ payload = null }) => payload);
  });
  const send = (name: string, payload: JsonValue, by = owner) => sendSignal(core, { owner: by, jobId, name, payload });
  await expect.poll(async () => awaitedSignals((await present(jobId))?.waiting)).toEqual(['a', 'b']);
  await send('a', { x: 1, y: 2 });
  await send('a', { y: 2, x: 1 });
  await expect(send('a', { x: 2 })).rejects.toMatchObject({ code: 'SIGNAL_ALREADY_SENT' });
  await expect(send('b', 1, 'somebody else')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  await expect(send('', 1)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { path: ['name'] } });
  await expect(send('b', 'x'.repeat(300_000))).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { path: ['payload'] } });
  await send('b', 'second');
  expect(await ended(jobId)).toMatchObject({ status: 'SUCCEEDED', result: { value: [{ x: 1, y: 2 }, 'second'] } });
  await send('b', 'second');
  await expect(send('c', 1)).rejects.toMatchObject({ code: 'SIGNAL_TOO_LATE' });
});

test('a wait that times out says so, soon, and a signal that comes later is refused; a retry waits again', async () => {
  const jobId = await begin('times out', async ({ waitForSignal }) => {
    const { timedOut, payload } = await waitForSignal('approval', { timeoutSeconds: 1 });
    if (timedOut) throw new PermanentError('nobody approved');
    return payload;
  });
  expect(await ended(jobId)).toMatchObject({ status: 'FAILED_FINAL', error: { message: 'nobody approved' } });
  await retryJob(core, { owner, jobId });
  await sendSignal(core, { owner, jobId, name: 'approval', payload: 'now' });
  expect(await ended(jobId)).toMatchObject({ status: 'SUCCEEDED', result: { value: 'now' } });
});

test('whose sender died before he told the job is found by the timer', async () => {
  const jobId = await begin('untold', approval);
  await expect.poll(() => present(jobId)).toMatchObject({ waiting: { reason: 'SIGNAL' } });
  const entry = await core.table.entries.get(keptKind, keptKey({ jobId }, 'signal', 'approval'));
  if (entry === undefined) throw new Error('nobody waits');
  const at = Date.now() - 60_000;
  await core.table.entries.replace(
    keptKind,
    entry,
    signalDraft({ jobId }, 'approval', { state: 'sent', at, payload: 'late', isTold: false }, at),
  );
  expect(await wakeSignalled(core)).toEqual({ woken: 1, failed: 0 });
  expect(await wakeSignalled(core)).toEqual({ woken: 0, failed: 0 });
  expect(await ended(jobId)).toMatchObject({ status: 'SUCCEEDED', result: { value: 'late' } });
});

async function asked(query: string, variables: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${scripted.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  return response.json();
}

test('through the API a job shows what it waits for and what it has done, takes its signal, and is retried from its start', async () => {
  const jobId = await begin('by the API', async (context, run) => {
    await context.step('first', () => 1);
    await context.waitForSignal('approval', { timeoutSeconds: 3600 });
    if (run === 2) throw new PermanentError('as asked');
    return run;
  });
  const fields = 'status waitingReason awaitedSignals steps { name }';
  const show = () => asked(`query ($jobId: ID!) { job(jobId: $jobId) { ${fields} } }`, { jobId });
  await expect
    .poll(show)
    .toEqual({ data: { job: { status: 'PENDING', waitingReason: 'SIGNAL', awaitedSignals: ['approval'], steps: [{ name: 'first' }] } } });
  const send =
    'mutation ($jobId: ID!, $payload: JSON) { sendSignal(input: { jobId: $jobId, name: "approval", payload: $payload }) { job { jobId } } }';
  expect(await asked(send, { jobId, payload: 'yes' })).toEqual({ data: { sendSignal: { job: { jobId } } } });
  expect(await asked(send, { jobId, payload: 'no' })).toMatchObject({ errors: [{ extensions: { code: 'SIGNAL_ALREADY_SENT' } }] });
  expect(await ended(jobId)).toMatchObject({ status: 'FAILED_FINAL' });
  const retry = `mutation ($jobId: ID!) { retryJob(input: { jobId: $jobId, fromStart: true }) { job { ${fields} } } }`;
  expect(await asked(retry, { jobId })).toEqual({
    data: { retryJob: { job: { status: 'PENDING', waitingReason: 'QUEUED', awaitedSignals: [], steps: [] } } },
  });
  await expect.poll(show).toMatchObject({ data: { job: { waitingReason: 'SIGNAL' } } });
});

test('a job that uses none of it has none of it in its record', async () => {
  const job = await ended(await begin('plain', () => Promise.resolve(null)));
  expect(job).toMatchObject({ status: 'SUCCEEDED', version: 3 });
  expect(Object.keys(job).filter((field) => ['keeps', 'stepsFrom', 'suspended'].includes(field))).toEqual([]);
});
