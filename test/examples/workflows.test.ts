/** The three workflows of the examples, by the typed client, on one system that was given their list of jobs. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createJobTickets, type AnyJobTypes, type JobTickets } from '../../client/jobTickets.ts';
import { countDocument } from '../../docs/examples/workflows/countDocument.ts';
import { scheduleImport } from '../../docs/examples/workflows/nightlyImport.ts';
import { orderGoods } from '../../docs/examples/workflows/orderGoods.ts';
import { startEntry, urlOf, type RunningEntry } from '../support/processes.ts';

let system: RunningEntry;
let client: JobTickets<AnyJobTypes>;

beforeAll(async () => {
  const env = { DATA_DIR: '', JOBS: './docs/examples/workflows/index.ts', SOCKET_DRAIN_SECONDS: '0' };
  system = await startEntry('start', { env });
  client = createJobTickets({ url: `${await urlOf(system, 'start')}/graphql` });
}, 60_000);
afterAll(async () => {
  await client.close();
  await system.kill();
});

/** Its jobs when it is over, by name. A signal may be sent as soon as a job is known, before it is waited for. */
async function over(workflowId: string, onFirst: (name: string, jobId: string) => Promise<void> = async () => undefined) {
  const jobIds = new Map<string, string>();
  for await (const { jobName, jobEvent } of client.watchWorkflow(workflowId)) {
    if (jobName === null || jobEvent === null) continue;
    const isFirst = !jobIds.has(jobName);
    jobIds.set(jobName, jobEvent.jobId);
    if (isFirst) await onFirst(jobName, jobEvent.jobId);
  }
  const job = (name: string) => client.job(jobIds.get(name) ?? '');
  return { workflow: await client.workflow(workflowId), job };
}

test('a document is split, its pages are counted side by side, and the counts are joined', async () => {
  const { workflowId } = await countDocument(client, 'word '.repeat(120).trim(), 12);
  const { workflow, job } = await over(workflowId);
  expect(workflow).toMatchObject({ status: 'SUCCEEDED', jobCounts: [{ status: 'SUCCEEDED', count: 14 }] });
  expect((await job('page-3')).result).toEqual({ words: 10 });
  expect((await job('join')).result).toEqual({ pages: 12, words: 120 });
});

test('an order that is approved is charged once, and nothing is given back; ordered twice, it is one', async () => {
  const { workflowId } = await orderGoods(client, 'order-1', 10);
  expect((await orderGoods(client, 'order-1', 10)).workflowId).toBe(workflowId);
  const { workflow, job } = await over(workflowId, async (name, jobId) => {
    if (name === 'approve') await client.sendSignal(jobId, 'approval', { isApproved: true, by: 'Ada' });
  });
  expect(workflow.status).toBe('SUCCEEDED');
  expect((await job('charge')).result).toEqual({ payment: 'payment of 10 for the reservation of order-1' });
  expect((await job('giveBack')).result).toEqual({ gaveBack: null });
});

test('the goods of an order that is refused are given back, and nobody is charged', async () => {
  const { workflowId } = await orderGoods(client, 'order-2', 10);
  const { workflow, job } = await over(workflowId, async (name, jobId) => {
    if (name === 'approve') await client.sendSignal(jobId, 'approval', { isApproved: false, by: 'Bob' });
  });
  expect(workflow).toMatchObject({ status: 'FAILED', error: { message: '“approve” ended FAILED_FINAL: Bob refused the order' } });
  expect(await job('charge')).toMatchObject({ status: 'CANCELLED', error: { code: 'DEPENDENCY_FAILED' } });
  expect((await job('giveBack')).result).toEqual({ gaveBack: 'reservation of order-2' });
});

test('a night’s 200 files are imported by a schedule’s job, and the report names the one that could not be', async () => {
  const { scheduleId } = await scheduleImport(client);
  expect((await scheduleImport(client)).scheduleId).toBe(scheduleId);
  const { jobId } = await client.triggerSchedule(scheduleId);
  const job = await client.waitForJob(jobId);
  expect(job).toMatchObject({ status: 'SUCCEEDED', result: { report: '1990 rows; not imported: file-13' } });
  await client.deleteSchedule(scheduleId);
});
