/** Amazon's list prices in us-east-1, in dollars, on the given date; no free tier, no discount, no data transfer to clients. */

export const pricesOn = '2025-07';
export const hoursAMonth = 730;
export const secondsAMonth = 3600 * hoursAMonth;

export const prices = {
  millionWriteUnits: { dollars: 0.625, source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/' },
  millionReadUnits: { dollars: 0.125, source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/' },
  storageGBMonth: { dollars: 0.25, source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/' },
  backupGBMonth: { dollars: 0.2, source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/' },
  millionSqsRequests: { dollars: 0.4, source: 'https://aws.amazon.com/sqs/pricing/' },
  millionInvocations: { dollars: 0.2, source: 'https://aws.amazon.com/lambda/pricing/' },
  millionGBSecondsArm: { dollars: 13.33, source: 'https://aws.amazon.com/lambda/pricing/' },
  /** One cache.m7g.large with Valkey. */
  valkeyNodeHour: { dollars: 0.1267, source: 'https://aws.amazon.com/elasticache/pricing/' },
  /** Half of an m7g.large, with 4 GB. */
  processorHour: { dollars: 0.0408, source: 'https://aws.amazon.com/ec2/pricing/on-demand/' },
  balancerHour: { dollars: 0.0225, source: 'https://aws.amazon.com/elasticloadbalancing/pricing/' },
  balancerUnitHour: { dollars: 0.008, source: 'https://aws.amazon.com/elasticloadbalancing/pricing/' },
} as const satisfies Record<string, { readonly dollars: number; readonly source: string }>;

/** One unit of the load balancer carries so many open connections. */
export const connectionsABalancerUnit = 3000;
/** Interface endpoints, alarms, secrets and logs, as in docs/cost.md for prod. */
export const fixedDollars = 51;
