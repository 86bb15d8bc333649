/** Where one region ends: which limit is reached first, and what to do then. */
import { placeShards } from '../../core/table/dynamodb/definition.ts';
import { assumptions, type Needs } from './plan.ts';

export interface RegionLimit {
  readonly what: string;
  readonly needed: number;
  readonly limit: number;
  readonly remedy: string;
}

/** The most pods that k8s/overlays/prod allows. */
export const podsAtMost = { server: 20, worker: 100 } as const;

/** The limits of AWS are its default quotas. The one that is reached first comes first. */
export function limitsOf(needs: Needs): readonly RegionLimit[] {
  const limits: readonly RegionLimit[] = [
    {
      what: `index of open jobs, units a second, ${placeShards} shards`,
      needed: needs.openIndexUnits,
      limit: placeShards * assumptions.partitionUnits,
      remedy: 'more shards',
    },
    {
      what: 'index of one owner’s jobs, units a second',
      needed: needs.ownerIndexUnits,
      limit: assumptions.partitionUnits,
      remedy: 'split the owner',
    },
    { what: 'write units a second of a table', needed: needs.writeUnits, limit: 40_000, remedy: 'ask AWS for more, or cells' },
    { what: 'read units a second of a table', needed: needs.readUnits, limit: 40_000, remedy: 'ask AWS for more' },
    { what: 'messages in flight of a queue', needed: needs.slots, limit: 120_000, remedy: 'one more queue prefix, or cells' },
    { what: 'Lambdas at once in an account', needed: needs.lambdas, limit: 1000, remedy: 'ask AWS for more' },
    {
      what: 'one shard’s relay, share of its time',
      needed: needs.relayUse,
      limit: 1,
      remedy: 'more batches of a shard at once',
    },
    { what: 'server pods', needed: needs.serverPods, limit: podsAtMost.server, remedy: 'maxReplicas in the overlay' },
    { what: 'worker pods', needed: needs.workerPods, limit: podsAtMost.worker, remedy: 'maxReplicaCount in the overlay' },
    { what: 'nodes of a Valkey cluster', needed: 2 * needs.redisShards, limit: 90, remedy: 'ask AWS for up to 500' },
  ];
  return limits.toSorted((one, other) => shareOf(other) - shareOf(one));
}

export const shareOf = ({ needed, limit }: RegionLimit): number => needed / limit;
