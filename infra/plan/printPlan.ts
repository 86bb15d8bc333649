/** A plan as text: what it needs, what it costs, and which limit is reached first. */
import { placeShards } from '../../core/table/dynamodb/definition.ts';
import { dollarsFor } from './dollars.ts';
import { limitsOf, shareOf } from './limits.ts';
import { planFor } from './plan.ts';
import { pricesOn, secondsAMonth } from './prices.ts';
import type { UnitCosts } from './unitCosts.ts';
import type { Workload } from './workload.ts';

export function printPlan(workload: Workload, unitCosts: UnitCosts): string {
  const needs = planFor(workload, unitCosts);
  const dollars = dollarsFor(needs, workload);
  const together = dollars.reduce((sum, cost) => sum + cost.dollars, 0);
  const millionJobs = (together / (workload.jobsPerSecond * secondsAMonth)) * 1e6;
  const { jobsPerSecond, watchers, paramsBytes, durationSeconds, watchersAJob, largestOwner, keptDays } = workload;
  return [
    `${shown(jobsPerSecond)} jobs a second of ${shown(durationSeconds)} s, params of ${shown(paramsBytes)} bytes, kept ${keptDays} days; ${shown(100 * largestOwner)} % are one owner’s`,
    `${shown(watchers)} watchers, ${shown(watchersAJob)} of each job that is watched`,
    '',
    'It takes',
    ...columns([
      ['write units a second', shown(needs.writeUnits), `${shown(needs.writeUnits / jobsPerSecond)} a job`],
      ['read units a second', shown(needs.readUnits), `${shown(needs.silenceUnits)} of them for watched jobs that are silent`],
      ['GB in the table', shown(needs.tableGB), `after ${keptDays} days`],
      ['partitions, stream shards', shown(needs.partitions), ''],
      ['index shards, open jobs', shown(needs.openIndexShards), `there are ${placeShards}`],
      ['index shards, largest owner', shown(needs.ownerIndexShards), 'there is 1'],
      ['SQS requests a second', shown(needs.sqsRequests), `${shown(needs.sqsRequests / jobsPerSecond)} a job`],
      ['worker slots', shown(needs.slots), ''],
      ['worker pods', shown(needs.workerPods), 'without what handlers compute'],
      ['deliveries a second', shown(needs.deliveries), `${shown((needs.deliveries * unitCosts.deliveryBytes) / 1e6)} MB`],
      ['server pods', shown(needs.serverPods), needs.serversBoundBy],
      ['publishes a second', shown(needs.publishes), ''],
      ['Valkey shards', shown(needs.redisShards), ''],
      ['relay’s invocations a second', shown(needs.relayInvocations), `${shown(needs.lambdas)} at once`],
    ]),
    '',
    `Dollars a month (list prices of us-east-1, ${pricesOn})`,
    ...columns(dollars.map((cost) => [cost.what, money(cost.dollars), ''])),
    ...columns([['together', money(together), `${shown(millionJobs)} a million jobs`]]),
    '',
    'Limits, the nearest first',
    ...columns(
      limitsOf(needs).map((limit) => [
        limit.what,
        `${shown(limit.needed)} of ${shown(limit.limit)}`,
        `${shareOf(limit) > 1 ? 'BEYOND: ' : ''}${limit.remedy}`,
      ]),
    ),
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}

function columns(rows: readonly (readonly [what: string, figure: string, remark: string])[]): readonly string[] {
  return rows.map(([what, figure, remark]) => `  ${what.padEnd(44)}${figure.padStart(20)}  ${remark}`);
}

const money = (dollars: number): string => Math.round(dollars).toLocaleString('en-US');

/** Three digits are more than is known. */
function shown(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return rounded.toLocaleString('en-US', { maximumFractionDigits: 3 });
}
