/** What a workload takes: the unit costs that the benches measured, multiplied. What they cannot measure is assumed, and named. */
import { maxInlineBytes } from '../../core/table/jobTable.ts';
import { parseConfig } from '../../runtime/config.ts';
import type { UnitCosts } from './unitCosts.ts';
import type { Workload } from './workload.ts';

export interface Needs {
  /** Of the table and its indexes, a second. */
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Of these, for watched jobs of which nothing is heard. */
  readonly silenceUnits: number;
  /** Of the index of open jobs, and of the largest owner's part of the other. */
  readonly openIndexUnits: number;
  readonly ownerIndexUnits: number;
  /** Partitions that these two need, at least. */
  readonly openIndexShards: number;
  readonly ownerIndexShards: number;
  /** What is kept, in the end. */
  readonly tableGB: number;
  /** Of the table, and of its stream. */
  readonly partitions: number;
  readonly sqsRequests: number;
  readonly slots: number;
  readonly workerPods: number;
  readonly deliveries: number;
  readonly serverPods: number;
  /** What the servers' number follows from. */
  readonly serversBoundBy: 'processor' | 'memory' | 'sockets' | 'two at least';
  readonly publishes: number;
  readonly redisShards: number;
  readonly relayInvocations: number;
  /** Of the relay, at once. */
  readonly lambdas: number;
  /** Share of its time in which the relay of one shard is busy. */
  readonly relayUse: number;
  readonly relayGBSeconds: number;
}

export const assumptions = {
  /** Cores of a pod, and share of its memory, that are used before another is started: one thread, some left for a rush. */
  podCores: 0.6,
  podMemoryMB: 0.8 * 1024,
  redisCores: 0.5,
  /** Of the 6.4 GB of a cache.m7g.large. */
  redisGB: 3.2,
  /** Bytes of a record with its index entries, without what stands apart. */
  recordBytes: 2048,
  /** From here to SQS and back; meanwhile what is to be sent gathers for the next batch, of ten at most. */
  sqsMs: 15,
  /** From a Lambda to Redis and back, within a zone or two. */
  redisMs: 0.5,
  /** Of a Lambda, whatever it does. */
  invocationMs: 5,
  /** How often Lambda looks into a shard, and how many records it takes. */
  pollsASecond: 4,
  relayBatch: 100,
  /** What DynamoDB keeps and takes in a partition. */
  partitionGB: 10,
  partitionUnits: 1000,
  /** A new table on demand has these. */
  partitionsAtFirst: 4,
} as const;

/** PENDING, PROCESSING, and its end. */
const transitions = 3;
/** Entry and leave, or its end: each a write of its own. */
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
  // The writer's, and the relay's.
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

/** Each begun KB is one; what else stands in the item begins one more where the KB is full. */
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

/** A watched job that says nothing is read after each silence of 1 to 1.5 visibility timeouts, as far as its server may. */
function silenceUnitsFor({ jobsPerSecond, watchers, durationSeconds, watchersAJob }: Workload, pods: number): number {
  const { silenceMs, maxReadsPerSecond } = parseConfig({}).watchReads;
  const silence = silenceMs / 1000;
  const silentJobs = Math.max(0, watchers / watchersAJob - jobsPerSecond * Math.min(durationSeconds, silence));
  return Math.min(silentJobs / (1.25 * silence), pods * maxReadsPerSecond);
}

/** Where calls are rare each message travels alone: sent by a server, received and deleted by a worker. */
function sqsRequestsAJob(ofProcess: { readonly sent: number; readonly worked: number }, atSaturation: number): number {
  const batch = (aSecond: number): number => Math.min(10, Math.max(1, (aSecond * assumptions.sqsMs) / 1000));
  return Math.max(atSaturation, 1 / batch(ofProcess.sent) + 2 / batch(ofProcess.worked));
}

/** A shard with few records is looked into each time there is one; a busy one hands over batches. */
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
