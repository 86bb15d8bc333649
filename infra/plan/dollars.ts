/** The cost per month, at list prices. */
import type { Needs } from './plan.ts';
import { connectionsABalancerUnit, fixedDollars, hoursAMonth, prices, secondsAMonth } from './prices.ts';
import type { Workload } from './workload.ts';

export interface Cost {
  readonly what: string;
  readonly dollars: number;
}

/** vCPUs that a pod requests: a server's one thread; a worker's share of what its handlers use. */
const processors = { server: 1, worker: 0.5 } as const;

export function dollarsFor(needs: Needs, { watchers }: Workload): readonly Cost[] {
  const millions = (aSecond: number): number => (aSecond * secondsAMonth) / 1e6;
  const hourly = (price: number): number => price * hoursAMonth;
  const pods = needs.serverPods * processors.server + needs.workerPods * processors.worker;
  return [
    { what: 'DynamoDB writes', dollars: millions(needs.writeUnits) * prices.millionWriteUnits.dollars },
    { what: 'DynamoDB reads', dollars: millions(needs.readUnits) * prices.millionReadUnits.dollars },
    { what: 'DynamoDB storage', dollars: needs.tableGB * prices.storageGBMonth.dollars },
    { what: 'its point-in-time recovery', dollars: needs.tableGB * prices.backupGBMonth.dollars },
    { what: 'SQS', dollars: millions(needs.sqsRequests) * prices.millionSqsRequests.dollars },
    { what: 'Lambda requests', dollars: millions(needs.relayInvocations) * prices.millionInvocations.dollars },
    { what: 'Lambda time', dollars: millions(needs.relayGBSeconds) * prices.millionGBSecondsArm.dollars },
    { what: 'Valkey, two nodes a shard', dollars: 2 * needs.redisShards * hourly(prices.valkeyNodeHour.dollars) },
    { what: 'pods', dollars: pods * hourly(prices.processorHour.dollars) },
    {
      what: 'load balancer',
      dollars: hourly(prices.balancerHour.dollars + (watchers / connectionsABalancerUnit) * prices.balancerUnitHour.dollars),
    },
    { what: 'endpoints, alarms, logs', dollars: fixedDollars },
  ];
}
