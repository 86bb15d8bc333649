/** The webhook endpoints of each owner, as one entry: read, listed, found by an id. */
import { z } from 'zod';
import { defineEntryKind } from '../table/entries.ts';
import { badInput } from '../text.ts';
import { maxWebhookEndpoints, webhookEndpointSchema, webhooksKey, webhooksKeyOf, type WebhookEndpoint } from '../webhook.ts';
import type { Core } from './core.ts';
import type { Page } from './listLogs.ts';

export const webhooksKind = defineEntryKind('webhooks', z.object({ owner: z.string(), endpoints: z.array(webhookEndpointSchema) }));
export type Webhooks = Readonly<z.infer<typeof webhooksKind.schema>>;

/** The place of all owners that have endpoints. */
export const webhookOwnersPlace = 'webhookOwners';

/** Also disabled ones, the oldest first. Strongly consistent. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function readWebhooks({ table }: Pick<Core, 'table'>, owner: string): Promise<readonly WebhookEndpoint[]> {
  return (await table.entries.get(webhooksKind, webhooksKey(owner)))?.value.endpoints ?? [];
}

/** Of any owner. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function findWebhook({ table }: Pick<Core, 'table'>, endpointId: string): Promise<WebhookEndpoint | undefined> {
  const key = webhooksKeyOf(endpointId);
  const entry = key === undefined ? undefined : await table.entries.get(webhooksKind, key);
  return entry?.value.endpoints.find((endpoint) => endpoint.endpointId === endpointId);
}

export const defaultWebhooksPage = 10;

/** Also disabled ones, the oldest first. A cursor is an endpoint's. @throws {JobError} `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`. */
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
