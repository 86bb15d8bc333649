/** Ends of workflows reach webhooks and watchers of all of an owner's workflows: at least once, whichever process dies, and never silently missed. */
import { afterAll, expect, test } from 'vitest';
import { JobError } from '../../core/errors.ts';
import type { Feed } from '../../core/feed/feed.ts';
import type { WorkflowTransition } from '../../core/feed/workflowWatch.ts';
import type { Watch } from '../../core/feed/watch.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createWorkflow } from '../../core/usecases/createWorkflow.ts';
import { updateWebhook } from '../../core/usecases/createWebhook.ts';
import { retryWorkflow } from '../../core/usecases/retryWorkflow.ts';
import { tellJob } from '../../core/usecases/tell.ts';
import { tellWaiting } from '../../core/usecases/tellWaiting.ts';
import { transitionJob } from '../../core/usecases/transitionJob.ts';
import { createWatches } from '../../core/usecases/watchJob.ts';
import { listDeliveries } from '../../core/usecases/webhookDeliveries.ts';
import { answerWith } from '../support/webhookReceiver.ts';
import { openWebhookStage } from '../support/webhookStage.ts';
import { jobsByName, workflowNow } from '../support/workflowTasks.ts';

const stage = await openWebhookStage();
const { receiver, newOwner, endpointFor, setForward } = stage;
const { core, watches } = stage.system;
afterAll(() => stage.close());
receiver.answer(answerWith(204));

const begin = async (owner: string, tags?: readonly string[]): Promise<string> => {
  const job = { name: 'only', type: 'simulate_work', params: {}, whenDependencyFails: 'CANCEL', priority: 'NORMAL' } as const;
  return (await createWorkflow(core, { owner, name: 'flow', traceId: 't', tags, jobs: [job] })).workflow.workflowId;
};

/** Ends the job as its worker would, with the given parts of the core; another process may announce the end. */
async function end(by: Core, workflowId: string, event: 'succeed' | 'failForGood'): Promise<void> {
  const { only } = await jobsByName(core, workflowId);
  if (only === undefined) throw new Error('the job is missing');
  const now = await core.table.time();
  const changes = { claim: { id: 'c', expiresAt: now.high + 60_000 }, attempts: only.attempts + 1 };
  const { job } = await transitionJob(core, 'claim', only, { facts: { now }, changes });
  const ended = await transitionJob(core, event, job ?? only, { facts: { now, claimId: 'c' } });
  await tellJob(by, ended.job ?? only);
}

const told = (workflowId: string) =>
  receiver.received
    .filter(({ event }) => event.data.workflowId === workflowId)
    .map(({ event, headers }) => [event.type, headers['webhook-id']]);

test('a webhook gets the ends that it chose, each under one id, and once more after a retry', async () => {
  stage.system.startWorker();
  const owner = newOwner();
  const { endpoint } = await endpointFor(owner, { statuses: [], workflowStatuses: ['SUCCEEDED', 'FAILED'], tags: ['paid'] });
  await expect(endpointFor(owner, { workflowStatuses: ['RUNNING'] })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await expect(updateWebhook(core, { owner, endpointId: endpoint.endpointId }, { workflowStatuses: [] })).rejects.toThrow(
    'names no status',
  );
  const [paid, other] = [await begin(owner, ['paid']), await begin(owner)];
  await expect.poll(() => told(paid), patient).toEqual([['workflow.succeeded', `${paid}.2`]]);
  const received = receiver.received.find(({ event }) => event.data.workflowId === paid);
  expect(received?.event.data).toEqual({ workflowId: paid, name: 'flow', status: 'SUCCEEDED', version: 2 });
  await expect.poll(async () => (await workflowNow(core, other)).status, patient).toBe('SUCCEEDED');
  await expect.poll(async () => (await workflowNow(core, paid)).webhookVersion).toBe(2);
  const deliveries = await listDeliveries(core, { owner, filter: { workflowId: paid } });
  expect(deliveries.edges.map(({ job }) => job.params)).toMatchObject([{ value: { workflowId: paid } }]);
  expect(told(other)).toEqual([]);
});

test('an end is still delivered when the process that announces it dies, and the workflow is opened again before', async () => {
  const owner = newOwner();
  await endpointFor(owner, { statuses: ['CANCELLED'], workflowStatuses: ['SUCCEEDED', 'FAILED'] });
  const workflowId = await paused(owner);
  // The process that ends it dies before it can create a delivery.
  const dying = { ...core, table: { ...core.table, create: () => Promise.reject(new JobError('TABLE_UNAVAILABLE')) } };
  await end(dying, workflowId, 'failForGood');
  expect(await workflowNow(core, workflowId)).toMatchObject({ status: 'FAILED', tell: 2, webhookVersion: 1 });
  await retryWorkflow(dying, { owner, workflowId });
  expect(await workflowNow(core, workflowId)).toMatchObject({ status: 'RUNNING', tell: 3, webhookVersion: 1 });
  expect(told(workflowId)).toEqual([]);
  setForward(1);
  await tellWaiting(core);
  await end(core, workflowId, 'succeed');
  expect(await workflowNow(core, workflowId)).toMatchObject({ status: 'SUCCEEDED', webhookVersion: 4 });
  expect((await workflowNow(core, workflowId)).tell).toBeUndefined();
  const shown = () => new Set(told(workflowId).map((one) => one.join(' ')));
  await expect.poll(shown, patient).toEqual(new Set([`workflow.failed ${workflowId}.2`, `workflow.succeeded ${workflowId}.4`]));
});

test('a watcher of all of an owner’s workflows gets each change once, none of other owners, and none from before', async () => {
  const owner = newOwner();
  const before = await paused(owner);
  await end(core, before, 'failForGood');
  const watch = await watches.workflows({ owner });
  const heard = take(watch);
  const stranger = await paused(newOwner());
  await end(core, stranger, 'succeed');
  await retryWorkflow(core, { owner, workflowId: before });
  await end(core, before, 'succeed');
  const fresh = await paused(owner);
  await end(core, fresh, 'succeed');
  const shown = () =>
    heard.map(({ workflowId, change }) => `${workflowId === fresh ? 'fresh' : 'before'} ${change?.version} ${change?.status}`).toSorted();
  const all = ['before 3 RUNNING', 'before 4 SUCCEEDED', 'fresh 1 RUNNING', 'fresh 2 SUCCEEDED'];
  await expect.poll(shown, patient).toEqual(all);
  // Published again by a sweeper, it is not sent again.
  setForward(1);
  await tellWaiting(core);
  expect(shown()).toEqual(all);
  // A watch of one of them resumes here: with its jobs, and without the workflow's own changes that were sent.
  const sequence = heard.findLast(({ workflowId }) => workflowId === fresh)?.sequence;
  const rest: string[] = [];
  for await (const { job, change } of await watches.workflow({ owner, workflowId: fresh, afterSequence: sequence })) {
    rest.push(`${job?.name ?? 'workflow'} ${job?.event.version ?? change?.version}`);
  }
  expect(rest).toEqual(['only 1', 'only 2', 'only 3']);
  await watch.return();
});

test('watchers are told when a change may have been missed, and a hint that was not accepted is published again', async () => {
  const owner = newOwner();
  let isAway = false;
  const feed: Feed = { ...core.feed, publish: (event, record) => (isAway ? Promise.resolve(false) : core.feed.publish(event, record)) };
  const away = { ...core, feed };
  const own = createWatches(away);
  const watch = await own.workflows({ owner });
  const heard = take(watch);
  const workflowId = await paused(owner);
  await expect.poll(() => heard.length, patient).toBe(1);
  isAway = true;
  await end(away, workflowId, 'succeed');
  expect(await workflowNow(core, workflowId)).toMatchObject({ status: 'SUCCEEDED', tell: 2 });
  isAway = false;
  setForward(1);
  await tellWaiting(away);
  await expect.poll(() => heard.map(({ change }) => change?.status), patient).toEqual(['RUNNING', 'SUCCEEDED']);
  const other = await own.workflows({ owner });
  await own.close();
  await expect(other.next()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
});

const patient = { timeout: 15_000, interval: 20 };

/** A workflow whose job is never started. */
async function paused(owner: string): Promise<string> {
  const job = { name: 'only', type: 'unheard_of', params: {}, whenDependencyFails: 'CANCEL', priority: 'NORMAL' } as const;
  const jobTypes = { all: core.jobTypes.all, find: () => core.jobTypes.find('simulate_work') };
  return (await createWorkflow({ ...core, jobTypes }, { owner, name: 'flow', traceId: 't', jobs: [job] })).workflow.workflowId;
}

function take(watch: Watch<WorkflowTransition>): WorkflowTransition[] {
  const heard: WorkflowTransition[] = [];
  void (async () => {
    for await (const event of watch) heard.push(event);
  })().catch(() => undefined);
  return heard;
}
