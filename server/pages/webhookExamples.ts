/** GraphiQL's examples of webhooks. */
export const webhookExamples: readonly string[] = [
  `
# Tells a URL of yours of each job that ends; the secret is shown this once.
mutation CreateWebhookEndpoint {
  createWebhookEndpoint(input: { url: "https://example.com/webhooks", statuses: [SUCCEEDED, FAILED_FINAL] }) {
    secret
    endpoint { endpointId url statuses types tags }
  }
}`,
  `
query WebhookEndpoints {
  webhookEndpoints { edges { node { endpointId url statuses isEnabled disabledReason } } }
}`,
  `
# What was sent, and what became of it.
query WebhookDeliveries {
  webhookDeliveries(first: 10, filter: { status: [PENDING, FAILED_FINAL] }) {
    edges { node { deliveryId webhookId event status failures nextTryAt error { message } } }
    pageInfo { hasNextPage endCursor }
  }
}`,
  `
mutation RedeliverWebhook {
  redeliverWebhook(input: { deliveryId: "paste a deliveryId here" }) { delivery { deliveryId status } }
}`,
  `
# Enabled again after its receiver answered 410.
mutation UpdateWebhookEndpoint {
  updateWebhookEndpoint(input: { endpointId: "paste an endpointId here", isEnabled: true }) { endpoint { isEnabled } }
}`,
  `
# For a day it is signed with both secrets.
mutation RotateWebhookSecret {
  rotateWebhookSecret(input: { endpointId: "paste an endpointId here" }) { secret endpoint { oldSecretUntil } }
}`,
  `
mutation DeleteWebhookEndpoint {
  deleteWebhookEndpoint(input: { endpointId: "paste an endpointId here" }) { endpoint { url } }
}`,
];
