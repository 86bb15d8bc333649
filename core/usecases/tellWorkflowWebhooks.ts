/**
 * Creates the deliveries of a workflow's ends, as `tellWebhooks` does for a job's transitions. The process that announces an end
 * or a new start calls it before it removes the marker. If the process dies in between, the sweeper finds the marker.
 */
import { asksForWorkflow, deliveryIdOf, type WorkflowDelivery } from '../webhook.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { createDelivery, type TellDeps } from './tellWebhooks.ts';
import { readWebhooks } from './webhooks.ts';

/** For all changes that have no deliveries yet. Returns the version up to which all have them. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function tellWorkflowWebhooks(core: TellDeps, workflow: Workflow): Promise<number> {
  const { workflowId, owner, traceId, name, version, webhookVersion } = workflow;
  const untold = workflow.history.flatMap(({ status, ...entry }) =>
    entry.version > webhookVersion && status !== 'RUNNING' ? [{ ...entry, status }] : [],
  );
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
