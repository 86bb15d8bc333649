/** Table, queues and buckets on any endpoint, as they are defined in core. Running it again changes nothing. */
import type { QueueSettings } from '../../core/queue/sqs/definition.ts';
import type { Clients } from './clients.ts';
import { provisionBuckets } from './provisionBuckets.ts';
import { provisionQueues } from './provisionQueues.ts';
import { provisionTable, type ProvisionLog } from './provisionTable.ts';

export interface ProvisionSettings extends QueueSettings {
  readonly jobsTable: string;
  readonly s3Buckets: readonly string[];
}

/** @throws {Error} when an existing resource cannot be changed into the defined shape, or an endpoint does not answer. */
export async function provision(clients: Clients, settings: ProvisionSettings, log?: ProvisionLog): Promise<void> {
  await Promise.all([
    provisionTable(clients.dynamodb, settings.jobsTable, log),
    provisionQueues(clients.sqs, settings),
    provisionBuckets(clients.s3, settings.s3Buckets),
  ]);
}
