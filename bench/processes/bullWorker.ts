/** BullMQ's worker, whose jobs do nothing. */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { serveCommands } from '../support/child.ts';

const connection = new Redis(process.env['REDIS_URL'] ?? '', { maxRetriesPerRequest: null });
const worker = new Worker('bench', () => Promise.resolve({ attempts: 1 }), { connection, concurrency: 30 });
await worker.waitUntilReady();
serveCommands({});
