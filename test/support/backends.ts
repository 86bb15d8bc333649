/** Table and queues on an emulator's endpoint, under names of the test's own. */
import { randomUUID } from 'node:crypto';
import type { JobQueues } from '../../core/queue/jobQueues.ts';
import { createQueues } from '../../core/queue/sqs/queues.ts';
import { createTable } from '../../core/table/dynamodb/table.ts';
import type { JobTable } from '../../core/table/jobTable.ts';
import { createClients } from '../../infra/local/clients.ts';
import { provisionQueues } from '../../infra/local/provisionQueues.ts';
import { provisionTable } from '../../infra/local/provisionTable.ts';

const region = 'us-east-1';
const ownName = (kind: string): string => `${kind}-${randomUUID().slice(0, 8)}`;

export async function openTestTable(
  endpoint: string,
): Promise<{ readonly table: JobTable; readonly tableName: string; close(): Promise<void> }> {
  const clients = createClients({ region, endpoints: { dynamodb: endpoint } });
  const tableName = ownName('jobs');
  await provisionTable(clients.dynamodb, tableName);
  const table = createTable({ dynamodb: clients.dynamodb, tableName, jobTtlDays: 30 });
  return { table, tableName, close: () => Promise.resolve(clients[Symbol.dispose]()) };
}

export async function openTestQueues(
  endpoint: string,
  settings: { readonly visibilityTimeoutSeconds: number; readonly maxReceiveCount: number },
): Promise<{ readonly queues: JobQueues; readonly queuePrefix: string; close(): Promise<void> }> {
  const clients = createClients({ region, endpoints: { sqs: endpoint } });
  const queuePrefix = ownName('jobs');
  await provisionQueues(clients.sqs, { queuePrefix, ...settings });
  return { queues: createQueues({ sqs: clients.sqs, queuePrefix }), queuePrefix, close: () => Promise.resolve(clients[Symbol.dispose]()) };
}
