/** Workflows on one machine: how soon a job begins after the one that it waited for, and flows a second beside BullMQ's. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { startAllInOne } from './support/allInOne.ts';
import { loadResult, type LoadResult } from './support/load.ts';
import { bull, inTurns, openBenchFolder, ours, type Subject } from './support/peers.ts';
import type { Promised, Report } from './support/report.ts';
import { median, medianRatio, quantile } from './support/statistics.ts';

const scale = Number(process.env['BENCH_SCALE'] ?? 1);
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5);
const children = 100;
const loads = [
  { what: '1 at once', request: { atOnce: 1, jobs: Math.ceil(10 * scale), children } },
  { what: '8 at once', request: { atOnce: 8, jobs: Math.ceil(48 * scale), children } },
] as const;
const warmUp = { atOnce: 8, jobs: Math.ceil(100 * scale), children };
const chains = Math.ceil(10 * scale);
const chainLength = 100;

export async function workflows(): Promise<Report> {
  await using opening = new AsyncDisposableStack();
  const folder = opening.use(await openBenchFolder());
  const env = { JOBS: join(import.meta.dirname, 'processes/flowJobs.ts') };
  const system = opening.use(await startAllInOne(join(folder.path, 'data'), env));
  const type = 'flow_leaf';
  const socket = await ours(opening, 'ours, WebSocket', { url: system.url, type, overSocket: true, watchesAll: false });
  const http = await ours(opening, 'ours, HTTP', { url: system.url, type, overSocket: false, watchesAll: false });
  const peer = await bull(opening, 'BullMQ, appendfsync always', folder.path);
  const flows = [http, socket, peer];

  await warm(flows, 'runFlows');
  await warm([http], 'runParents');
  const gaps: number[] = [];
  for (let chain = 0; chain < chains; chain += 1) gaps.push(...(await gapsOfChain(system.url)));
  const rows: (string | number)[][] = [0.5, 0.99].map((share) => [
    `a chain of ${chainLength}: from a job’s end to the start of the next, ms, p${share * 100}`,
    quantile(gaps, share),
    '',
    '',
    '',
  ]);
  const promises: Promised[] = [
    { promise: 'from a dependency’s end to its dependant’s start, ms, p50', measured: median(gaps), limit: { atMost: 5 } },
  ];
  for (const { what, request } of loads) {
    const results = await inTurns(flows, rounds, 'runFlows', request);
    const [parents = []] = await inTurns([http], rounds, 'runParents', request);
    const columns = [...results, parents];
    const perSecond = columns.map((list) => list.map((result) => result.perSecond));
    const [byHttp = [], bySocket = [], byPeer = []] = perSecond;
    rows.push([`${what}: flows/s`, ...perSecond.map(median)]);
    for (const share of [0.5, 0.99]) rows.push([`${what}: ended, ms, p${share * 100}`, ...columns.map((list) => endedMs(list, share))]);
    const limit = { atLeast: 1 };
    promises.push(
      { promise: `flows/s, ${what}, HTTP, to BullMQ with appendfsync always`, measured: medianRatio(byHttp, byPeer), limit },
      { promise: `flows/s, ${what}, WebSocket, to the same`, measured: medianRatio(bySocket, byPeer), limit },
    );
  }
  return {
    title: 'Workflows on one machine, beside BullMQ’s flows',
    method: `Chain: workflows of ${chainLength} jobs, each of which waits for the one before it, nothing else running; from the end of a handler to the start of the next, as the process that runs them saw it: so the end’s write, the look at who waits, its release, its message and its claim are within. Flows: ${children} jobs that do nothing and a parent that waits for all of them, so many flows at once, 30 slots, from the call until the client has heard of the parent’s end. Ours: \`npm start\`, each write on the disk before it is answered; a workflow handed in by createWorkflow over HTTP or WebSocket, the parent watched over WebSocket; and a job whose handler makes the ${children} and waits for them. BullMQ: \`FlowProducer.add\`, its worker and QueueEvents in two processes, Redis in a third, on the same disk. Each has done ${warmUp.jobs} flows before; then rounds of all alternate; medians.`,
    columns: ['what', 'ours, HTTP', 'ours, WebSocket', 'BullMQ, appendfsync always', 'ours, by a handler'],
    rows,
    promises,
  };
}

async function warm(subjects: readonly Subject[], command: string): Promise<void> {
  for (const { client } of subjects) await client.ask(loadResult, command, warmUp);
}

function endedMs(results: readonly LoadResult[], share: number): number {
  return quantile(
    results.flatMap((result) => result.endedMs),
    share,
  );
}

const answer = z.object({
  data: z.object({
    createWorkflow: z.object({ workflow: z.object({ workflowId: z.string() }) }).optional(),
    workflow: z
      .object({
        status: z.string(),
        jobs: z
          .object({
            edges: z.array(z.object({ node: z.object({ result: z.object({ beganMs: z.number(), endedMs: z.number() }).nullable() }) })),
          })
          .optional(),
      })
      .optional(),
  }),
});

/** As its handlers measured it: from the end of each job to the start of the next one. */
async function gapsOfChain(url: string): Promise<readonly number[]> {
  const jobs = Array.from({ length: chainLength }, (_, at) => ({
    name: `link${at}`,
    type: 'flow_leaf',
    dependsOn: at === 0 ? [] : [`link${at - 1}`],
  }));
  const create =
    'mutation ($jobs: [WorkflowJobInput!]!) { createWorkflow(input: { name: "chain", jobs: $jobs }) { workflow { workflowId } } }';
  const workflowId = (await asked(url, create, { jobs })).createWorkflow?.workflow.workflowId;
  const read = (fields: string): string => `query ($workflowId: ID!) { workflow(workflowId: $workflowId) { status ${fields} } }`;
  while ((await asked(url, read(''), { workflowId })).workflow?.status === 'RUNNING') await sleep(50);
  const { workflow } = await asked(url, read(`jobs(first: ${chainLength}) { edges { node { result } } }`), { workflowId });
  const times = workflow?.jobs?.edges.flatMap(({ node: { result } }) => (result === null ? [] : [result])) ?? [];
  return times.slice(1).map(({ beganMs }, at) => beganMs - (times[at]?.endedMs ?? NaN));
}

async function asked(url: string, query: string, variables: object): Promise<z.infer<typeof answer>['data']> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return answer.parse(await response.json()).data;
}
