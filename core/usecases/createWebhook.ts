/** Creates webhook endpoints, changes and deletes them, and gives them new secrets. */
import { JobError } from '../errors.ts';
import { finalStatuses, isTag, maxTags, type JobStatus } from '../job.ts';
import { changeEntry } from '../table/changeEntry.ts';
import { badInput, requireText } from '../text.ts';
import { maxWebhookEndpoints, webhooksKey, type WebhookEndpoint } from '../webhook.ts';
import type { WorkflowStatus } from '../workflow/workflow.ts';
import { newWebhookSecret } from '../webhookSignature.ts';
import { faultOfWebhookUrl } from '../webhookUrl.ts';
import { changeWebhook, webhooksDraft, type WhichEndpoint } from './changeWebhook.ts';
import type { Core } from './core.ts';
import { trackForWebhook } from './trackForWebhook.ts';
import { forgetWebhookOwners } from './webhookOwners.ts';
import { webhooksKind } from './webhooks.ts';

export interface WebhookAsked {
  readonly url: string;
  /** Default: the final statuses. */
  readonly statuses?: readonly JobStatus[] | undefined;
  /** Statuses of ended workflows. Default: none. */
  readonly workflowStatuses?: readonly WorkflowStatus[] | undefined;
  /** Undefined: all. A name that is not the name of a type, or not yet, is allowed. */
  readonly types?: readonly string[] | undefined;
  /** A job must have all of these. */
  readonly tags?: readonly string[] | undefined;
}

export interface EndpointWithSecret {
  readonly endpoint: WebhookEndpoint;
  /** Shown only this once. */
  readonly secret: string;
}

const maxTypes = 20;
const maxTypeLength = 64;
export const defaultKeepOldSeconds = 86_400;
export const maxKeepOldSeconds = 7 * 86_400;

/**
 * Told of the transitions that come from now on: also those of the owner's open jobs, once each is found, which for all but a
 * very long list is done before the answer. @throws {JobError} `BAD_USER_INPUT`; `TABLE_UNAVAILABLE`.
 */
export async function createWebhook(
  core: Core,
  { owner, url, ...asked }: WebhookAsked & { readonly owner: string },
): Promise<EndpointWithSecret> {
  const wanted = checked(core, { url, ...asked });
  const now = await core.table.time();
  const key = webhooksKey(owner);
  const secret = newWebhookSecret();
  const endpoint: WebhookEndpoint = {
    endpointId: `${key}.${core.newJobId()}`,
    url,
    statuses: [...finalStatuses],
    workflowStatuses: [],
    tags: [],
    ...wanted,
    secrets: [{ text: secret }],
    createdAt: now.low,
    since: now.low,
    updatedAt: now.low,
  };
  await changeEntry(core.table.entries, webhooksKind, key, (entry) => {
    const others = (entry?.value.endpoints ?? []).filter(({ endpointId }) => endpointId !== endpoint.endpointId);
    if (others.length >= maxWebhookEndpoints) {
      throw new JobError('BAD_USER_INPUT', { message: `An owner has at most ${maxWebhookEndpoints} webhook endpoints.` });
    }
    return webhooksDraft({ owner, endpoints: [...others, asking(endpoint)] });
  });
  forgetWebhookOwners(core);
  await trackForWebhook(core, owner, endpoint);
  return { endpoint, secret };
}

/** A field that is absent is unchanged; `null` for the types: all. Once enabled again, it gets events from then on. */
export interface WebhookChange extends Omit<WebhookAsked, 'url' | 'types'> {
  readonly url?: string | undefined;
  readonly types?: readonly string[] | null | undefined;
  readonly isEnabled?: boolean | undefined;
}

/** @throws {JobError} `WEBHOOK_ENDPOINT_NOT_FOUND`, `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`. */
export async function updateWebhook(core: Core, which: WhichEndpoint, change: WebhookChange): Promise<WebhookEndpoint> {
  const { types, isEnabled, ...rest } = change;
  const wanted = checked(core, { ...rest, types: types ?? undefined });
  const { low } = await core.table.time();
  return changeWebhook(core, which, (before) =>
    asking({
      ...before,
      types: types === null ? undefined : before.types,
      ...wanted,
      ...enabling(before, isEnabled, low),
      updatedAt: low,
    }),
  );
}

/** @throws {JobError} `BAD_USER_INPUT` if it has no statuses at all. */
function asking(endpoint: WebhookEndpoint): WebhookEndpoint {
  if (endpoint.statuses.length + endpoint.workflowStatuses.length === 0) throw badInput('names no status', ['statuses']);
  return endpoint;
}

function enabling(
  { since, disabled }: WebhookEndpoint,
  isEnabled: boolean | undefined,
  now: number,
): Pick<WebhookEndpoint, 'since' | 'disabled'> {
  if (isEnabled === undefined || isEnabled === (disabled === undefined)) return { since, disabled };
  return isEnabled ? { since: now, disabled: undefined } : { since, disabled: { at: now, reason: 'Its owner disabled it.' } };
}

/** Pending deliveries to it fail at their next try. @throws {JobError} `WEBHOOK_ENDPOINT_NOT_FOUND`, `TABLE_UNAVAILABLE`. */
export async function deleteWebhook(core: Core, which: WhichEndpoint): Promise<WebhookEndpoint> {
  const deleted = await changeWebhook(core, which, () => undefined);
  forgetWebhookOwners(core);
  return deleted;
}

/**
 * From now on it is signed with a new secret and, for a while, also with the one before: at most two.
 * @throws {JobError} `WEBHOOK_ENDPOINT_NOT_FOUND`, `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`.
 */
export async function rotateWebhookSecret(
  core: Core,
  { keepOldSeconds = defaultKeepOldSeconds, ...which }: WhichEndpoint & { readonly keepOldSeconds?: number | undefined },
): Promise<EndpointWithSecret> {
  if (!Number.isInteger(keepOldSeconds) || keepOldSeconds < 0 || keepOldSeconds > maxKeepOldSeconds) {
    throw badInput(`is 0 to ${maxKeepOldSeconds}`, ['keepOldSeconds']);
  }
  const { low } = await core.table.time();
  const secret = newWebhookSecret();
  const endpoint = await changeWebhook(core, which, (before) => {
    // When it is called again after its own write, it must not take its new secret for the old one.
    const old = before.secrets.find(({ text }) => text !== secret);
    const kept = old === undefined || keepOldSeconds === 0 ? [] : [{ text: old.text, until: low + keepOldSeconds * 1000 }];
    return { ...before, secrets: [{ text: secret }, ...kept], updatedAt: low };
  });
  return { endpoint, secret };
}

/** Its receiver answered 410. The reason is shown to its owner. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function disableWebhook(core: Pick<Core, 'table'>, endpointId: string, reason: string): Promise<void> {
  const { low } = await core.table.time();
  try {
    await changeWebhook(core, { endpointId, owner: '', isAdmin: true }, (before) => ({
      ...before,
      disabled: before.disabled ?? { at: low, reason },
    }));
  } catch (error) {
    if (!(error instanceof JobError) || error.code !== 'WEBHOOK_ENDPOINT_NOT_FOUND') throw error;
  }
}

type Wanted = Partial<Pick<WebhookEndpoint, 'url' | 'statuses' | 'workflowStatuses' | 'types' | 'tags'>>;

/** The fields that are given. @throws {JobError} `BAD_USER_INPUT`. */
function checked(
  { settings }: Core,
  { url, statuses, workflowStatuses, types, tags }: Omit<WebhookAsked, 'url'> & Pick<WebhookChange, 'url'>,
): Wanted {
  const fault = url === undefined ? undefined : faultOfWebhookUrl(requireText(url, ['url']), settings.webhookPrivateHosts);
  if (fault !== undefined) throw badInput(fault, ['url']);
  const ends = workflowStatuses?.map((status, index) => {
    if (status === 'RUNNING') throw badInput('is not a final status of a workflow', ['workflowStatuses', index]);
    return status;
  });
  if (types?.length === 0) throw badInput('names no type; leave it out for all', ['types']);
  if (types !== undefined && types.length > maxTypes) throw badInput(`has at most ${maxTypes} types`, ['types']);
  for (const [index, type] of (types ?? []).entries()) {
    if (requireText(type, ['types', index]).length > maxTypeLength) throw badInput('is no name of a type', ['types', index]);
  }
  if (tags !== undefined && tags.length > maxTags) throw badInput(`has at most ${maxTags} tags`, ['tags']);
  for (const [index, tag] of (tags ?? []).entries()) {
    if (!isTag(requireText(tag, ['tags', index]))) throw badInput('is no tag that a job can have', ['tags', index]);
  }
  return {
    ...(url === undefined ? {} : { url }),
    ...(statuses === undefined ? {} : { statuses: [...new Set(statuses)] }),
    ...(ends === undefined ? {} : { workflowStatuses: [...new Set(ends)] }),
    ...(types === undefined ? {} : { types: [...new Set(types)] }),
    ...(tags === undefined ? {} : { tags: [...new Set(tags)] }),
  };
}
