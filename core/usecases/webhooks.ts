/** The webhook endpoints of each owner, as one entry: read, found by an id, changed. */
import { z } from 'zod';
import { JobError } from '../errors.ts';
import { changeEntry, type EntryChange } from '../table/changeEntry.ts';
import { defineEntryKind } from '../table/entries.ts';
import { badInput } from '../text.ts';
import { maxWebhookEndpoints, webhookEndpointSchema, webhooksKey, webhooksKeyOf, type WebhookEndpoint } from '../webhook.ts';
import type { Core } from './core.ts';
import type { Page } from './listLogs.ts';
import { maySee, type Caller } from './readJob.ts';

export const webhooksKind = defineEntryKind('webhooks', z.object({ owner: z.string(), endpoints: z.array(webhookEndpointSchema) }));
export type Webhooks = Readonly<z.infer<typeof webhooksKind.schema>>;

/** Where all owners stand that have endpoints. */
export const webhookOwnersPlace = 'webhookOwners';

/** Those that are disabled too, the oldest first. Strongly consistent. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function readWebhooks({ table }: Pick<Core, 'table'>, owner: string): Promise<readonly WebhookEndpoint[]> {
  return (await table.entries.get(webhooksKind, webhooksKey(owner)))?.value.endpoints ?? [];
}

/** Whosever it is. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function findWebhook({ table }: Pick<Core, 'table'>, endpointId: string): Promise<WebhookEndpoint | undefined> {
  const key = webhooksKeyOf(endpointId);
  const entry = key === undefined ? undefined : await table.entries.get(webhooksKind, key);
  return entry?.value.endpoints.find((endpoint) => endpoint.endpointId === endpointId);
}

export type WhichEndpoint = Caller & { readonly endpointId: string };

/**
 * `change` may be asked several times; undefined: it is removed. Answers what it became, or was.
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

export const defaultWebhooksPage = 10;

/** Those that are disabled too, the oldest first. A cursor is an endpoint's. @throws {JobError} `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`. */
export async function listWebhooks(
  core: Pick<Core, 'table'>,
  { owner, first = defaultWebhooksPage, after }: { readonly owner: string; readonly first?: number; readonly after?: string | undefined },
): Promise<Page<WebhookEndpoint>> {
  if (!Number.isInteger(first) || first < 0 || first > maxWebhookEndpoints) throw badInput(`is 0 to ${maxWebhookEndpoints}`, ['first']);
  const beyond = after === undefined ? '' : endpointIdOf(after);
  const later = (await readWebhooks(core, owner)).filter(({ endpointId }) => endpointId > beyond);
  const edges = later.slice(0, first).map((node) => ({ cursor: cursorOf(node.endpointId), node }));
  const pageInfo = {
    hasNextPage: later.length > first,
    hasPreviousPage: after !== undefined,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  };
  return { edges, pageInfo };
}

const cursorOf = (endpointId: string): string => Buffer.from(endpointId).toString('base64url');

function endpointIdOf(cursor: string): string {
  const endpointId = Buffer.from(cursor, 'base64url').toString();
  if (webhooksKeyOf(endpointId) === undefined || cursorOf(endpointId) !== cursor) throw badInput('is no cursor of this list', ['after']);
  return endpointId;
}
