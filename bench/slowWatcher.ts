/**
 * What a watcher that stops reading costs the server, compared with the usual way, and whether it gets the complete history
 * once it reads again.
 */
import { exactly } from '../core/clock.ts';
import { z } from 'zod';
import type { JobEvent } from '../core/feed/event.ts';
import { transitionJob } from '../core/usecases/transitionJob.ts';
import { makeJob } from '../test/support/jobFactory.ts';
import { memorySchema, startChild, type Child } from './support/child.ts';
import { openRawSocket } from './support/rawSocket.ts';
import type { Report } from './support/report.ts';
import { openStage, type Stage } from './support/stage.ts';
import { createWaitingJobs, openPublisher } from './support/subjects.ts';

/** About 35 MB, several times what the kernel holds for a socket. */
const unreadEvents = 120_000;
const transitions = 40;

export async function slowWatcher(): Promise<Report> {
  await using stage = await openStage();
  const ours = await measureOurs(stage);
  const usual = await measureUsual(stage);
  return {
    title: 'A watcher that stops reading',
    method: `A client subscribes and reads no more. ${unreadEvents} progress events of its job are published, then ${transitions} transitions are written, the last one final; then it reads again. Megabytes that the server process has grown by.`,
    columns: ['server', 'heap MB while it does not read', 'transitions it has in the end'],
    rows: [
      ['ours', ours.grownMb, `${ours.versions.length} of ${transitions + 1}`],
      ['usual way', usual, '–'],
    ],
    promises: [
      {
        promise: 'a watcher that stops reading costs the server at most 2 MB, of the 35 MB that are sent to it',
        measured: ours.grownMb,
        limit: { atMost: 2 },
      },
      {
        promise: `transitions that it gets once it reads again, each once and in order (${transitions + 1})`,
        measured: ours.versions.filter((version, index) => version === index + 1).length,
        limit: { atLeast: transitions + 1 },
      },
    ],
  };
}

const frame = z.object({
  type: z.string(),
  payload: z.object({ data: z.object({ jobStatusChanged: z.object({ version: z.number() }) }) }).optional(),
});

async function measureOurs(stage: Stage) {
  await using server = await startChild('ourServer.ts', stage.env);
  const [job] = await createWaitingJobs(stage, 1);
  if (job === undefined) throw new RangeError('a job is missing');
  const versions: number[] = [];
  const complete = Promise.withResolvers<void>();
  const socket = await subscribe(server, job.jobId, (text) => {
    const { type, payload } = frame.parse(JSON.parse(text));
    const version = payload?.data.jobStatusChanged.version;
    if (version !== undefined && version !== versions.at(-1)) versions.push(version);
    if (type === 'complete') complete.resolve();
  });
  const before = await heapOf(server);
  socket.pause();
  await publishProgress(stage, { jobId: job.jobId, owner: job.owner, version: 1, status: 'PENDING', attempt: 0, at: job.updatedAt });
  const grownMb = (await heapOf(server)) - before;

  let current = job;
  for (let step = 1; step <= transitions; step += 1) {
    const now = exactly(Date.now());
    const claim = { claim: { id: 'bench', expiresAt: now.high + 600_000 } };
    const event = current.status === 'PENDING' ? 'claim' : step === transitions ? 'succeed' : 'release';
    const facts = event === 'claim' ? { now } : { now, claimId: 'bench' };
    const result = await transitionJob(stage.core, event, current, event === 'claim' ? { facts, changes: claim } : { facts });
    if (!result.ok) throw new Error('the bench’s own transition was lost');
    current = result.job;
  }
  socket.resume();
  await complete.promise;
  socket.destroy();
  return { grownMb, versions };
}

/** Yoga's pub/sub throws, uncaught, when a subscriber is 1,024 events behind: the whole server ends. */
async function measureUsual(stage: Stage): Promise<number | string> {
  await using server = await startChild('usualServer.ts', stage.env);
  const job = makeJob();
  const socket = await subscribe(server, job.jobId, () => undefined);
  const before = await heapOf(server);
  socket.pause();
  await publishProgress(stage, { jobId: job.jobId, owner: job.owner, version: 1, status: 'PENDING', attempt: 0, at: job.updatedAt });
  try {
    return (await heapOf(server)) - before;
  } catch {
    return 'the server ended: RepeaterOverflowError';
  } finally {
    socket.destroy();
  }
}

const query =
  'subscription ($jobId: ID!) { jobStatusChanged(jobId: $jobId) { jobId version status previousStatus attempt at error { message } progress } }';

async function subscribe(server: Child, jobId: string, onText: (text: string) => void) {
  const acknowledged = Promise.withResolvers<void>();
  const socket = await openRawSocket({
    url: `${await server.ask(z.string(), 'url')}/graphql`,
    subprotocol: 'graphql-transport-ws',
    onText(chunk, start, end) {
      acknowledged.resolve();
      onText(chunk.toString('utf8', start, end));
    },
  });
  socket.send('{"type":"connection_init"}');
  await acknowledged.promise;
  socket.send(JSON.stringify({ id: '0', type: 'subscribe', payload: { query, variables: { jobId } } }));
  await new Promise((resolve) => setTimeout(resolve, 500));
  return socket;
}

/** Resolves when the server has seen all of them. */
async function publishProgress(stage: Stage, event: JobEvent): Promise<void> {
  const publisher = openPublisher(stage);
  for (let index = 1; index <= unreadEvents; index += 1) {
    publisher.publish(event.jobId, JSON.stringify({ ...event, at: event.at + index, progress: (100 * index) / unreadEvents }));
    // A pause now and then lets the server keep up with Redis.
    if (index % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await new Promise((resolve) => setTimeout(resolve, 2000));
  publisher.close();
}

async function heapOf(server: Child): Promise<number> {
  return (await server.ask(memorySchema, 'memory')).heap / 2 ** 20;
}
