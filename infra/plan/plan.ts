/** What a workload needs: the unit costs that the benches measured, multiplied. What they cannot measure is assumed, and named. */
import { maxInlineBytes } from '../../core/table/jobTable.ts';
import { parseConfig } from '../../runtime/config.ts';
import type { UnitCosts } from './unitCosts.ts';
import type { Workload } from './workload.ts';

export interface Needs {
  /** Of the table and its indexes, per second. */
  readonly writeUnits: number;
  readonly readUnits: number;
  /** The part of these for watched jobs without events. */
  readonly silenceUnits: number;
  /** Of the index of open jobs, and of the largest owner's part of the other index. */
  readonly openIndexUnits: number;
  readonly ownerIndexUnits: number;
  /** The least number of partitions that these two need. */
  readonly openIndexShards: number;
  readonly ownerIndexShards: number;
  /** What is stored at the end of the period. */
  readonly tableGB: number;
  /** Of the table, and of its stream. */
  readonly partitions: number;
  readonly sqsRequests: number;
  readonly slots: number;
  readonly workerPods: number;
  readonly deliveries: number;
  readonly serverPods: number;
  /** The reason for the number of servers. */
  readonly serversBoundBy: 'processor' | 'memory' | 'sockets' | 'two at least';
  readonly publishes: number;
  readonly redisShards: number;
  readonly relayInvocations: number;
  /** Invocations of the relay at the same time. */
  readonly lambdas: number;
  /** The share of time in which the relay of one shard is busy. */
  readonly relayUse: number;
  readonly relayGBSeconds: number;
}

export const assumptions = {
  /** The cores of a pod, and the share of its memory, at which another pod is started: one thread, with some reserve for a rush. */
  podCores: 0.6,
  podMemoryMB: 0.8 * 1024,
  redisCores: 0.5,
  /** Of the 6.4 GB of a cache.m7g.large. */
  redisGB: 3.2,
  /** Bytes of a record with its index entries, without payloads stored apart. */
  recordBytes: 2048,
  /** The time from here to SQS and back; meanwhile messages gather for the next batch, of ten at most. */
  sqsMs: 15,
  /** The time from a Lambda to Redis and back, within a zone or two. */
  redisMs: 0.5,
  /** The time of a Lambda, whatever it does. */
  invocationMs: 5,
  /** How often Lambda polls a shard, and how many records it takes. */
  pollsASecond: 4,
  relayBatch: 100,
  /** What DynamoDB stores and allows in a partition. */
  partitionGB: 10,
  partitionUnits: 1000,
  /** A new on-demand table begins with this many. */
  partitionsAtFirst: 4,
} as const;

/** PENDING, PROCESSING, and the final status. */
const transitions = 3;
/** When it enters and leaves, or ends: each a separate write. */
const indexWrites = 2;

export function planFor(workload: Workload, cost: UnitCosts): Needs {
  const { jobsPerSecond: jobs, watchers, paramsBytes, durationSeconds, watchersAJob, largestOwner, keptDays } = workload;
  const { visibilityTimeoutSeconds, workerConcurrency } = parseConfig({});
  const isApart = paramsBytes > maxInlineBytes.params;
  const heartbeats = Math.floor(durationSeconds / (visibilityTimeoutSeconds / 2));
  const writes = cost.writeUnits + heartbeats + (isApart ? payloadWriteUnits(paramsBytes) : 0);
  const watched = Math.min(1, watchers / (jobs * durationSeconds * watchersAJob));
  const reads = cost.readUnits + watched + (isApart ? payloadReadUnits(paramsBytes) : 0);
  const kept = jobs * keptDays * 86_400;
  const tableGB = (kept * (assumptions.recordBytes + (isApart ? paramsBytes : 0))) / 1e9;
  const indexUnits = jobs * 2 * indexWrites;
  const partitions = Math.max(
    assumptions.partitionsAtFirst,
    Math.ceil((jobs * writes - indexUnits) / assumptions.partitionUnits),
    Math.ceil(tableGB / assumptions.partitionGB),
  );
  const slots = (jobs * durationSeconds) / cost.slotUse;
  const workerPods = Math.max(2, Math.ceil(slots / workerConcurrency), Math.ceil((jobs * cost.workerCpuUs) / 1e6 / assumptions.podCores));
  const deliveries = jobs * transitions * watchersAJob * watched;
  const servers = serversFor({ jobs, watchers, deliveries, watchersAJob }, cost);
  const silenceUnits = silenceUnitsFor(workload, servers.pods);
  // One publish by the writer, and one by the relay.
  const publishes = 2 * jobs * cost.publishes;
  return {
    writeUnits: jobs * writes,
    readUnits: jobs * reads + silenceUnits,
    silenceUnits,
    openIndexUnits: jobs * indexWrites,
    ownerIndexUnits: jobs * indexWrites * largestOwner,
    openIndexShards: Math.ceil((jobs * indexWrites) / assumptions.partitionUnits),
    ownerIndexShards: Math.ceil((jobs * indexWrites * largestOwner) / assumptions.partitionUnits),
    tableGB,
    partitions,
    sqsRequests: jobs * sqsRequestsAJob({ sent: jobs / servers.pods, worked: jobs / workerPods }, cost.sqsRequests),
    slots: Math.ceil(slots),
    workerPods,
    deliveries,
    serverPods: servers.pods,
    serversBoundBy: servers.boundBy,
    publishes,
    redisShards: Math.max(
      1,
      Math.ceil((publishes * cost.redisCpuUs) / 1e6 / assumptions.redisCores),
      Math.ceil(((watchers / watchersAJob) * cost.redisChannelBytes) / 1e9 / assumptions.redisGB),
    ),
    ...relayFor(jobs * transitions, partitions, cost),
  };
}

/** Each started KB counts as one; the rest of the item starts one more where the KB is full. */
export const payloadWriteUnits = (bytes: number): number => Math.floor(bytes / 1024) + 1;
export const payloadReadUnits = (bytes: number): number => Math.floor(bytes / 4096) + 1;

interface Served {
  readonly jobs: number;
  readonly watchers: number;
  readonly deliveries: number;
  readonly watchersAJob: number;
}

function serversFor({ jobs, watchers, deliveries, watchersAJob }: Served, cost: UnitCosts) {
  const deliveryUs = watchersAJob > 1 ? cost.sharedDeliveryCpuUs : cost.deliveryCpuUs;
  const cores = (jobs * cost.serverCpuUs + deliveries * deliveryUs) / 1e6;
  const pods = {
    processor: Math.ceil(cores / assumptions.podCores),
    memory: Math.ceil((watchers * cost.watcherKB) / 1024 / (assumptions.podMemoryMB - cost.serverMB)),
    sockets: Math.ceil(watchers / parseConfig({}).limits.sockets),
  };
  const most = Math.max(pods.processor, pods.memory, pods.sockets);
  const boundBy = most === pods.processor ? 'processor' : most === pods.sockets ? 'sockets' : 'memory';
  return pods[boundBy] > 2 ? ({ pods: pods[boundBy], boundBy } as const) : ({ pods: 2, boundBy: 'two at least' } as const);
}

/** A watched job without events is read after each silence of 1 to 1.5 visibility timeouts, as far as its server allows. */
function silenceUnitsFor({ jobsPerSecond, watchers, durationSeconds, watchersAJob }: Workload, pods: number): number {
  const { silenceMs, maxReadsPerSecond } = parseConfig({}).watchReads;
  const silence = silenceMs / 1000;
  const silentJobs = Math.max(0, watchers / watchersAJob - jobsPerSecond * Math.min(durationSeconds, silence));
  return Math.min(silentJobs / (1.25 * silence), pods * maxReadsPerSecond);
}

/** At low rates each message travels alone: sent by a server, received and deleted by a worker. */
function sqsRequestsAJob(ofProcess: { readonly sent: number; readonly worked: number }, atSaturation: number): number {
  const batch = (aSecond: number): number => Math.min(10, Math.max(1, (aSecond * assumptions.sqsMs) / 1000));
  return Math.max(atSaturation, 1 / batch(ofProcess.sent) + 2 / batch(ofProcess.worked));
}

/** A shard with few records is polled for each of them; a busy one returns batches. */
function relayFor(records: number, shards: number, { relayMs }: UnitCosts) {
  const ofShard = records / shards;
  const invocations = shards * Math.min(ofShard, Math.max(assumptions.pollsASecond, ofShard / assumptions.relayBatch));
  const busySeconds = (invocations * assumptions.invocationMs + records * (relayMs + assumptions.redisMs)) / 1000;
  return {
    relayInvocations: invocations,
    lambdas: Math.ceil(busySeconds),
    relayUse: busySeconds / shards,
    relayGBSeconds: busySeconds * 0.5,
  };
}
