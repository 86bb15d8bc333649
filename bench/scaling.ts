/** The server's cost of an event while 1,000 and while 10,000 other jobs are watched. */
import { z } from 'zod';
import type { Report } from './support/report.ts';
import { openStage, type Stage } from './support/stage.ts';
import { median, medianRatio } from './support/statistics.ts';
import { makeJobs, openPublisher, openSubject, stepOf } from './support/subjects.ts';

const others = [1000, 10_000] as const;
const eventsPerRound = 4000;
const rounds = 11;
/** The most that one socket may have. */
const perSocket = 100;

export async function scaling(): Promise<Report> {
  await using stage = await openStage();
  const [few, many] = await measure(stage);
  const change = medianRatio(many, few);
  return {
    title: 'Cost of an event beside other watched jobs',
    method: `Processor time of the server for each of ${eventsPerRound} events of one job with one watcher, while so many other jobs are watched and idle (${perSocket} subscriptions a socket). Two servers, which get the same events at the same time.`,
    columns: ['other jobs watched', 'µs CPU an event'],
    rows: [
      [others[0].toLocaleString('en-US'), median(few)],
      [others[1].toLocaleString('en-US'), median(many)],
    ],
    promises: [
      { promise: '1,000 → 10,000 other jobs changes the cost of an event by less than 20 %', measured: change, limit: { atMost: 1.2 } },
    ],
  };
}

async function measure(stage: Stage): Promise<readonly [number[], number[]]> {
  await using opening = new AsyncDisposableStack();
  const publisher = opening.adopt(openPublisher(stage), ({ close }) => close());
  const results: readonly [number[], number[]] = [[], []];
  const few = opening.use(await openSubject('ours', stage));
  const many = opening.use(await openSubject('ours', stage));
  const jobs = await makeJobs(stage, few, others[1] + 1);
  const [watched, ...idle] = jobs;
  if (watched === undefined) throw new RangeError('a job is missing');
  for (const [index, { connect }] of [few, many].entries()) {
    const idleIds = idle.slice(0, others[index]).map(({ jobId }) => jobId);
    await connect(idleIds, idleIds.length, perSocket);
    await connect([watched.jobId], 1);
  }
  for (let round = 0; round <= rounds; round += 1) {
    // Both servers get every event, at the same time.
    const texts = Array.from({ length: eventsPerRound }, (_, index) => few.textOf(stepOf(watched, 2 + round * eventsPerRound + index)));
    const before = await Promise.all([few, many].map(({ server }) => server.ask(z.number(), 'cpu')));
    const reached = [few, many].map(async ({ clients }) => {
      await clients.ask(z.undefined(), 'start');
      return clients.ask(z.object({}), 'reached', { total: eventsPerRound });
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const text of texts) publisher.publish(watched.jobId, text);
    await Promise.all(reached);
    const after = await Promise.all([few, many].map(({ server }) => server.ask(z.number(), 'cpu')));
    if (round === 0) continue;
    for (const [index, cpu] of after.entries()) results[index]?.push((cpu - (before[index] ?? 0)) / eventsPerRound);
  }
  return results;
}
