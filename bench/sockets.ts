/** One server process with as many sockets as this machine allows a process, up to 50,000. */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { z } from 'zod';
import { startChild, memorySchema, type Child } from './support/child.ts';
import type { Report } from './support/report.ts';
import { openStage } from './support/stage.ts';
import { machineMs, median, quantile } from './support/statistics.ts';
import { createWaitingJobs, openPublisher, stepOf } from './support/subjects.ts';

const wanted = 50_000;
/** A machine that allows too few files can still run a kernel of its own. */
const inUserMode =
  'Measured in User Mode Linux, which has one processor and slow system calls: memory is as elsewhere, the times are many times longer.';

/** Files other than sockets. */
const spareFiles = 1000;
const perClient = 15_000;
const events = 10;
const mebibyte = 1024 ** 2;

const reached = z.object({ at: z.number() });

export async function sockets(): Promise<Report> {
  if ((await maxFiles()) < wanted + spareFiles) raiseMaxFiles(wanted + spareFiles);
  const count = Math.min(wanted, (await maxFiles()) - spareFiles);
  await using stage = await openStage();
  await using opening = new AsyncDisposableStack();
  const server = opening.use(await startChild('ourServer.ts', { ...stage.env, MAX_SOCKETS: String(count) }));
  const url = await server.ask(z.string(), 'url');
  const publisher = opening.adopt(openPublisher(stage), ({ close }) => close());
  const [job] = await createWaitingJobs(stage, 1);
  if (job === undefined) throw new Error('there is no job');

  const before = await server.ask(memorySchema, 'memory');
  const startedAt = performance.now();
  const clients: { readonly child: Child; readonly watchers: number }[] = [];
  for (let connected = 0; connected < count; connected += perClient) {
    const child = opening.use(await startChild('watchers.ts'));
    const watchers = Math.min(perClient, count - connected);
    const localAddress = `127.0.0.${clients.length + 2}`;
    await child.ask(z.undefined(), 'connect', { url, speaks: 'graphql', jobIds: [job.jobId], watchers, localAddress });
    clients.push({ child, watchers });
  }
  const connectedMs = performance.now() - startedAt;
  const after = await server.ask(memorySchema, 'memory');

  const took: number[] = [];
  for (let event = 0; event < events; event += 1) {
    await Promise.all(clients.map(({ child }) => child.ask(z.undefined(), 'start')));
    const all = clients.map(({ child, watchers }) => child.ask(reached, 'reached', { total: watchers }));
    const publishedAt = machineMs();
    publisher.publish(job.jobId, JSON.stringify(stepOf(job, event + 2)));
    took.push(Math.max(...(await Promise.all(all)).map(({ at }) => at)) - publishedAt);
  }
  return {
    title: 'Many sockets on one process',
    method: `Sockets of one server process, each with a watcher of one job, from client processes of ${perClient} each; then ${events} events, one after the other, each until the last client has read it. Wanted are ${wanted}, as far as one process may have files.`,
    columns: ['sockets', 'connected a second', 'resident MB', 'heap KB a socket', 'an event to all: ms, median', 'ms, p99'],
    rows: [
      [
        count,
        (count / connectedMs) * 1000,
        after.rss / mebibyte,
        (after.heap - before.heap) / count / 1024,
        median(took),
        quantile(took, 0.99),
      ],
    ],
    promises: [{ promise: `sockets on one process ≥ ${wanted}`, measured: count, limit: { atLeast: wanted } }],
    notes: [
      ...(count < wanted ? [`This machine lets a process have ${count + spareFiles} files, and does not let the bench raise that.`] : []),
      ...(cpus()[0]?.model === 'UML' ? [inUserMode] : []),
    ],
  };
}

/** Of this process, from which those of the bench inherit it: where an administrator may. Else the limit stays as it is. */
function raiseMaxFiles(files: number): void {
  spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${files}:${files}`]);
}

/** Node raises its limit to what the system allows. */
async function maxFiles(): Promise<number> {
  return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(await readFile('/proc/self/limits', 'utf8'))?.[1] ?? NaN);
}
