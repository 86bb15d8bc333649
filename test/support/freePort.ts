/**
 * A port of the loopback interface for a program that a test starts, now and perhaps again later. Systems give out the ports
 * above 32767 by themselves, to whatever connects or listens meanwhile; these are below, and each of the runner's workers has
 * a range of its own, so that nobody takes the port before its program does.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { env } from 'node:process';

// Browsers refuse some ports, the highest of them 10080.
const firstPort = 11_000;
const portsPerWorker = 1300;
const workers = 16;
const worker = Number(env['VITEST_POOL_ID'] ?? 0) % workers;

// Files of tests run one after another in the same worker: what the last one started may still be ending.
let offset = Math.floor(Math.random() * portsPerWorker);

/** @throws when the whole range is in use. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < portsPerWorker; tries += 1) {
    offset = (offset + 1) % portsPerWorker;
    const port = firstPort + worker * portsPerWorker + offset;
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free between ${firstPort} and ${firstPort + workers * portsPerWorker}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
