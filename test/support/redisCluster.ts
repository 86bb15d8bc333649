/** A Redis Cluster of the tests' own: three masters on free loopback ports, keeping nothing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from './freePort.ts';
import { startProgram, type Program } from './program.ts';

export interface RedisCluster {
  /** Of one node; the others are found from it. */
  readonly url: string;
  /** Ends a master as a crash would, by its place from 0. */
  stopNode(index: number): Promise<void>;
  startNode(index: number): Promise<void>;
  stop(): Promise<void>;
}

const slots = 16_384;
const masters = 3;

export async function startRedisCluster(): Promise<RedisCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'redis-cluster-'));
  const ports: number[] = [];
  for (let index = 0; index < masters; index += 1) ports.push(await freePort());
  const busPorts: number[] = [];
  for (let index = 0; index < masters; index += 1) busPorts.push(await freePort());
  const start = (index: number): Promise<Program> =>
    startProgram({
      command: 'redis-server',
      args: clusterNode({ port: ports[index], busPort: busPorts[index], directory, name: `nodes-${index}.conf` }),
      ready: /Ready to accept connections/,
    });
  const nodes = await Promise.all(ports.map((_, index) => start(index)));

  const clients = ports.map((port) => new Redis(port, '127.0.0.1'));
  for (const [index, client] of clients.entries()) {
    const [from, to] = [Math.ceil((slots * index) / masters), Math.ceil((slots * (index + 1)) / masters) - 1];
    await client.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
    if (index > 0) await client.call('CLUSTER', 'MEET', '127.0.0.1', String(ports[0]), String(busPorts[0]));
  }
  const knowsAll = async (client: Redis): Promise<boolean> => {
    const info = String(await client.call('CLUSTER', 'INFO'));
    return (
      info.includes('cluster_state:ok') &&
      info.includes(`cluster_slots_assigned:${slots}`) &&
      info.includes(`cluster_known_nodes:${masters}`)
    );
  };
  while (!(await Promise.all(clients.map(knowsAll))).every(Boolean)) await sleep(50);
  for (const client of clients) client.disconnect();

  return {
    url: `redis://127.0.0.1:${ports[0]}`,
    stopNode: async (index) => nodes[index]?.stop(),
    async startNode(index) {
      nodes[index] = await start(index);
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function clusterNode(node: {
  readonly port: number | undefined;
  readonly busPort: number | undefined;
  readonly directory: string;
  readonly name: string;
}): string[] {
  const settings = {
    port: node.port,
    bind: '127.0.0.1',
    save: '',
    appendonly: 'no',
    dir: node.directory,
    'cluster-enabled': 'yes',
    'cluster-port': node.busPort,
    'cluster-node-timeout': 1000,
    'cluster-require-full-coverage': 'no',
    'cluster-config-file': node.name,
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
}
