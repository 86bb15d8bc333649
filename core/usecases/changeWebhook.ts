/** Changes one endpoint among those of its owner. */
import { JobError } from '../errors.ts';
import { changeEntry, type EntryChange } from '../table/changeEntry.ts';
import { webhooksKey, webhooksKeyOf, type WebhookEndpoint } from '../webhook.ts';
import type { Core } from './core.ts';
import { maySee, type Caller } from './readJob.ts';
import { webhookOwnersPlace, webhooksKind, type Webhooks } from './webhooks.ts';

export type WhichEndpoint = Caller & { readonly endpointId: string };

/**
 * `change` may be called several times; undefined: the endpoint is removed. Returns what it became, or was.
 * @throws {JobError} `WEBHOOK_ENDPOINT_NOT_FOUND`, also for another owner's; `TABLE_UNAVAILABLE`.
 */
export async function changeWebhook(
  { table }: Pick<Core, 'table'>,
  { endpointId, ...caller }: WhichEndpoint,
  change: (endpoint: WebhookEndpoint) => WebhookEndpoint | undefined,
): Promise<WebhookEndpoint> {
  const key = webhooksKeyOf(endpointId);
  let answer: WebhookEndpoint | undefined;
  if (key !== undefined) {
    await changeEntry(table.entries, webhooksKind, key, (entry) => {
      const before = entry?.value.endpoints.find((endpoint) => endpoint.endpointId === endpointId);
      answer = undefined;
      if (entry === undefined || before === undefined || !maySee(caller, entry.value)) return 'keep';
      const after = change(before);
      answer = after ?? before;
      const endpoints = entry.value.endpoints.flatMap((endpoint) =>
        endpoint !== before ? [endpoint] : after === undefined ? [] : [after],
      );
      return webhooksDraft({ ...entry.value, endpoints });
    });
  }
  if (answer === undefined) throw new JobError('WEBHOOK_ENDPOINT_NOT_FOUND');
  return answer;
}

export function webhooksDraft(value: Webhooks): EntryChange<Webhooks> {
  if (value.endpoints.length === 0) return 'remove';
  return { value: { ...value, endpoints: [...value.endpoints] }, place: { place: webhookOwnersPlace, rank: webhooksKey(value.owner) } };
}
