/** GraphiQL's examples of webhooks. */
export const webhookExamples: readonly string[] = [
  `
# Calls a URL of yours for each job that ends; the secret is shown only this once.
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
# The deliveries, and their results.
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
# Enables it again after its receiver answered 410.
mutation UpdateWebhookEndpoint {
  updateWebhookEndpoint(input: { endpointId: "paste an endpointId here", isEnabled: true }) { endpoint { isEnabled } }
}`,
  `
# For a day events are signed with both secrets.
mutation RotateWebhookSecret {
  rotateWebhookSecret(input: { endpointId: "paste an endpointId here" }) { secret endpoint { oldSecretUntil } }
}`,
  `
mutation DeleteWebhookEndpoint {
  deleteWebhookEndpoint(input: { endpointId: "paste an endpointId here" }) { endpoint { url } }
}`,
];
