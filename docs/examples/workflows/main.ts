/**
 * Runs the three workflows, one after the other: JOBS=./docs/examples/workflows/index.ts npm start, then
 *   npm run build && npx node docs/examples/workflows/main.ts [http://127.0.0.1:4000]
 */
import { createJobTickets, type Workflow } from 'job-tickets-client';
import { countDocument } from './countDocument.ts';
import { scheduleImport } from './nightlyImport.ts';
import { orderGoods } from './orderGoods.ts';

await using client = createJobTickets({ url: `${process.argv[2] ?? 'http://127.0.0.1:4000'}/graphql` });

await told(await countDocument(client, 'It was the best of times, it was the worst of times'.repeat(20), 12));

const order = await orderGoods(client, `order-${Date.now()}`, 99.5);
let isApproved = false;
// The owner’s own page would do this, or the dashboard.
for await (const { jobName, jobEvent } of client.watchWorkflow(order.workflowId)) {
  console.log(jobName ?? 'the order', jobEvent?.status ?? '');
  // It may be sent before it is waited for.
  if (jobName === 'approve' && jobEvent !== null && !isApproved) {
    isApproved = true;
    await client.sendSignal(jobEvent.jobId, 'approval', { isApproved: true, by: 'Ada' });
  }
}

const { scheduleId } = await scheduleImport(client);
const { jobId } = await client.triggerSchedule(scheduleId);
console.log('the night’s files', (await client.waitForJob(jobId)).result);
await client.deleteSchedule(scheduleId);

async function told({ workflowId }: Workflow): Promise<void> {
  for await (const { jobName, jobEvent, workflowStatus } of client.watchWorkflow(workflowId)) {
    console.log(jobName ?? 'the workflow', jobEvent?.status ?? workflowStatus);
  }
}
