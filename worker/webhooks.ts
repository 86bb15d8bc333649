/** The handler of deliveries, which every worker has in addition to those of its list. */
import type { Handlers } from '../core/jobList.ts';
import type { Core } from '../core/usecases/core.ts';
import { disableWebhook } from '../core/usecases/createWebhook.ts';
import { findWebhook } from '../core/usecases/webhooks.ts';
import { createDeliverWebhook } from '../jobs/deliverWebhook/handler.ts';

export function withWebhooks(
  handlers: Handlers,
  core: Pick<Core, 'table' | 'telemetry' | 'clock'>,
  { webhookPrivateHosts }: { readonly webhookPrivateHosts: readonly string[] },
): Handlers {
  const handler = createDeliverWebhook({
    findEndpoint: (endpointId) => findWebhook(core, endpointId),
    disable: (endpointId, reason) => disableWebhook(core, endpointId, reason),
    counted: (outcome) => core.telemetry.count('webhookDeliveries', { outcome }),
    now: core.clock.now,
    privateHosts: webhookPrivateHosts,
  });
  return new Map([...handlers, [handler.type.name, handler]]);
}
