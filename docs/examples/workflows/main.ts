/**
 * Runs the three workflows, one after the other: JOBS=./docs/examples/workflows/index.ts npm start, then
 *   npm run build && npx node docs/examples/workflows/main.ts [http://127.0.0.1:4000 [order-1]]
 */
import { createJobTickets, type Workflow } from 'job-tickets-client';
import { countDocument } from './countDocument.ts';
import { scheduleImport } from './nightlyImport.ts';
import { orderGoods } from './orderGoods.ts';

const [, , url = 'http://127.0.0.1:4000', orderId = `order-${Date.now()}`] = process.argv;
await using client = createJobTickets({ url: `${url}/graphql` });

await over(await countDocument(client, 'it was the best of times, it was the worst of times '.repeat(20).trim(), 12), 'join');

const order = await orderGoods(client, orderId, 99.5);
// The owner’s own page would do this, or the dashboard. The signal may be sent as soon as the job exists, before it waits for it.
for await (const { jobName, jobEvent } of client.watchWorkflow(order.workflowId)) {
  if (jobName !== 'approve' || jobEvent === null) continue;
  await client.sendSignal(jobEvent.jobId, 'approval', { isApproved: true, by: 'Ada' });
  break;
}
await over(order, 'charge');

const { scheduleId } = await scheduleImport(client);
const { jobId } = await client.triggerSchedule(scheduleId);
const { status, result } = await client.waitForJob(jobId);
console.log('files of the night:', status, JSON.stringify(result));
await client.deleteSchedule(scheduleId);

/** Follows it to its end, and prints the result of one of its jobs. */
async function over({ workflowId }: Workflow, jobName: string): Promise<void> {
  const ended = new Map<string, string>();
  for await (const { jobName: name, jobEvent } of client.watchWorkflow(workflowId)) {
    if (name !== null && jobEvent !== null) ended.set(name, jobEvent.status);
  }
  const workflow = await client.workflow(workflowId);
  const job = await client.workflowJob(workflowId, jobName);
  console.log(`${workflow.name}: ${workflow.status}, ${ended.size} jobs; ${jobName}:`, JSON.stringify(job?.result));
}
