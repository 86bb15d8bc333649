/**
 * Makes the deliveries of a workflow's ends, as `tellWebhooks` does of a job's transitions: by whoever tells of an end or a new
 * start, before its marker goes. So whoever dies in between, the sweeper comes to it.
 */
import { asksForWorkflow, deliveryIdOf, type WorkflowDelivery } from '../webhook.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { createDelivery, type TellDeps } from './tellWebhooks.ts';
import { readWebhooks } from './webhooks.ts';

/** Of all its changes that nobody has told yet. Answers the version up to which all are told. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function tellWorkflowWebhooks(core: TellDeps, workflow: Workflow): Promise<number> {
  const { workflowId, owner, traceId, name, version, webhookVersion } = workflow;
  const untold = workflow.history.filter((entry) => entry.version > webhookVersion && entry.status !== 'RUNNING');
  const endpoints = untold.length === 0 ? [] : await readWebhooks(core, owner);
  for (const entry of untold) {
    for (const endpoint of endpoints) {
      if (!asksForWorkflow(endpoint, workflow, entry)) continue;
      const { version: told, status, at } = entry;
      const params: WorkflowDelivery = { endpointId: endpoint.endpointId, workflowId, version: told, status, name, at: Math.trunc(at) };
      await createDelivery(core, { owner, priority: 'NORMAL', traceId }, params, deliveryIdOf(params));
    }
  }
  return version;
}
