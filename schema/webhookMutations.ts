/** The mutations of webhooks, for the endpoint's owner and for admins. */
import {
  createWebhook,
  defaultKeepOldSeconds,
  deleteWebhook,
  maxKeepOldSeconds,
  rotateWebhookSecret,
  updateWebhook,
  type EndpointWithSecret,
} from '../core/usecases/createWebhook.ts';
import { redeliverWebhook } from '../core/usecases/webhookDeliveries.ts';
import { maxTags } from '../core/job.ts';
import type { WebhookEndpoint } from '../core/webhook.ts';
import { builder } from './builder.ts';
import { JobStatusType } from './job.ts';
import { WorkflowStatusType } from './workflow.ts';
import { shownDelivery, WebhookDeliveryType, WebhookEndpointType, type ShownDelivery } from './webhook.ts';

const said = {
  url: 'The URL: https, and a public address; without credentials.',
  statuses: 'Transitions to these statuses are sent.',
  workflowStatuses: 'Ends of workflows with these statuses are sent: SUCCEEDED, FAILED, CANCELLED.',
  types: 'Only for jobs of these types.',
  tags: `Only for jobs and workflows with all of these tags; up to ${maxTags}.`,
  secret: 'The secret for verifying signatures: `whsec_` and base64. It is shown only this once.',
};

const CreateWebhookEndpointInputType = builder.inputType('CreateWebhookEndpointInput', {
  description: 'A webhook endpoint to create.',
  fields: (t) => ({
    url: t.string({ required: true, description: said.url }),
    statuses: t.field({ type: [JobStatusType], description: `${said.statuses} Left out: the final statuses.` }),
    workflowStatuses: t.field({ type: [WorkflowStatusType], description: `${said.workflowStatuses} Left out: none.` }),
    types: t.stringList({ description: `${said.types} Left out: all types.` }),
    tags: t.stringList({ description: said.tags }),
  }),
});

const UpdateWebhookEndpointInputType = builder.inputType('UpdateWebhookEndpointInput', {
  description: 'The changes to a webhook endpoint; a field that is left out is unchanged.',
  fields: (t) => ({
    endpointId: t.id({ required: true, description: 'Which.' }),
    url: t.string({ description: said.url }),
    statuses: t.field({ type: [JobStatusType], description: said.statuses }),
    workflowStatuses: t.field({ type: [WorkflowStatusType], description: said.workflowStatuses }),
    types: t.stringList({ description: `${said.types} Null: all types.` }),
    tags: t.stringList({ description: said.tags }),
    isEnabled: t.boolean({
      description: 'False: no events are sent to it. True: all events from now on, also where its receiver had answered 410.',
    }),
  }),
});

const DeleteWebhookEndpointInputType = builder.inputType('DeleteWebhookEndpointInput', {
  description: 'The webhook endpoint to delete.',
  fields: (t) => ({ endpointId: t.id({ required: true, description: 'Which.' }) }),
});

const RotateWebhookSecretInputType = builder.inputType('RotateWebhookSecretInput', {
  description: 'The webhook endpoint that gets a new secret.',
  fields: (t) => ({
    endpointId: t.id({ required: true, description: 'Which.' }),
    keepOldSeconds: t.int({
      defaultValue: defaultKeepOldSeconds,
      description: `How long events are signed with the old secret too, in seconds: 0 to ${maxKeepOldSeconds}.`,
    }),
  }),
});

const RedeliverWebhookInputType = builder.inputType('RedeliverWebhookInput', {
  description: 'The delivery to repeat.',
  fields: (t) => ({ deliveryId: t.id({ required: true, description: 'Which.' }) }),
});

const withSecret = (name: string, description: string) =>
  builder.objectRef<EndpointWithSecret>(name).implement({
    description,
    fields: (t) => ({
      endpoint: t.expose('endpoint', { type: WebhookEndpointType, description: 'The endpoint.' }),
      secret: t.exposeString('secret', { description: said.secret }),
    }),
  });

const endpointPayload = (name: string, description: string, which: string) =>
  builder.objectRef<{ readonly endpoint: WebhookEndpoint }>(name).implement({
    description,
    fields: (t) => ({ endpoint: t.expose('endpoint', { type: WebhookEndpointType, description: which }) }),
  });

const CreateWebhookEndpointPayloadType = withSecret('CreateWebhookEndpointPayload', 'The result of `createWebhookEndpoint`.');
const RotateWebhookSecretPayloadType = withSecret('RotateWebhookSecretPayload', 'The endpoint with its new secret.');
const UpdateWebhookEndpointPayloadType = endpointPayload(
  'UpdateWebhookEndpointPayload',
  'The result of `updateWebhookEndpoint`.',
  'The endpoint, as it is now.',
);
const DeleteWebhookEndpointPayloadType = endpointPayload(
  'DeleteWebhookEndpointPayload',
  'The result of `deleteWebhookEndpoint`.',
  'As it was.',
);
const RedeliverWebhookPayloadType = builder.objectRef<{ readonly delivery: ShownDelivery }>('RedeliverWebhookPayload').implement({
  description: 'The result of `redeliverWebhook`.',
  fields: (t) => ({
    delivery: t.expose('delivery', {
      type: WebhookDeliveryType,
      description: 'The delivery; a new one, if the given one had succeeded.',
    }),
  }),
});

builder.mutationFields((t) => ({
  createWebhookEndpoint: t.field({
    type: CreateWebhookEndpointPayloadType,
    description: 'Creates a webhook endpoint, to which transitions are sent from now on. An owner has at most 10.',
    args: { input: t.arg({ type: CreateWebhookEndpointInputType, required: true, description: 'The endpoint.' }) },
    resolve: async (_root, { input: { url, statuses, workflowStatuses, types, tags } }, { core, owner, spend }) => {
      await spend('jobs', 1);
      return createWebhook(core, {
        owner,
        url,
        statuses: statuses ?? undefined,
        workflowStatuses: workflowStatuses ?? undefined,
        types: types ?? undefined,
        tags: tags ?? undefined,
      });
    },
  }),
  updateWebhookEndpoint: t.field({
    type: UpdateWebhookEndpointPayloadType,
    description: 'Changes a webhook endpoint, disables it, or enables it again.',
    args: { input: t.arg({ type: UpdateWebhookEndpointInputType, required: true, description: 'The endpoint, and the changes.' }) },
    resolve: async (
      _root,
      { input: { endpointId, url, statuses, workflowStatuses, types, tags, isEnabled } },
      { core, owner, isAdmin, spend },
    ) => {
      await spend('jobs', 1);
      const change = {
        url: url ?? undefined,
        statuses: statuses ?? undefined,
        workflowStatuses: workflowStatuses ?? undefined,
        types,
        tags: tags ?? undefined,
        isEnabled: isEnabled ?? undefined,
      };
      return { endpoint: await updateWebhook(core, { owner, isAdmin, endpointId }, change) };
    },
  }),
  deleteWebhookEndpoint: t.field({
    type: DeleteWebhookEndpointPayloadType,
    description: 'Deletes a webhook endpoint. Pending deliveries to it are dropped.',
    args: { input: t.arg({ type: DeleteWebhookEndpointInputType, required: true, description: 'Which.' }) },
    resolve: async (_root, { input: { endpointId } }, { core, owner, isAdmin, spend }) => {
      await spend('jobs', 1);
      return { endpoint: await deleteWebhook(core, { owner, isAdmin, endpointId }) };
    },
  }),
  rotateWebhookSecret: t.field({
    type: RotateWebhookSecretPayloadType,
    description: 'Gives a webhook endpoint a new secret. For a while events are signed with the old one, too.',
    args: {
      input: t.arg({
        type: RotateWebhookSecretInputType,
        required: true,
        description: 'The endpoint, and how long the old secret stays valid.',
      }),
    },
    resolve: async (_root, { input: { endpointId, keepOldSeconds } }, { core, owner, isAdmin, spend }) => {
      await spend('jobs', 1);
      return rotateWebhookSecret(core, { owner, isAdmin, endpointId, keepOldSeconds: keepOldSeconds ?? undefined });
    },
  }),
  redeliverWebhook: t.field({
    type: RedeliverWebhookPayloadType,
    description:
      'Delivers an event once more, with the same `webhook-id`, and now: whether its delivery was given up, waits, or succeeded.',
    args: { input: t.arg({ type: RedeliverWebhookInputType, required: true, description: 'Which delivery.' }) },
    resolve: async (_root, { input: { deliveryId } }, { core, owner, isAdmin, spend }) => {
      await spend('jobs', 1);
      return { delivery: await shownDelivery(core, await redeliverWebhook(core, { owner, isAdmin, deliveryId })) };
    },
  }),
}));
