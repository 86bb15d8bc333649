/** Our client: hands in jobs over HTTP, or over its WebSocket, and receives its owner's whole feed over that WebSocket. */
import { z } from 'zod';
import { workflowJobId } from '../../core/workflow/workflow.ts';
import { serveCommands } from '../support/child.ts';
import { createLoad } from '../support/load.ts';
import { createRawHttp, type RawHttp } from '../support/rawHttp.ts';
import { openRawSocket, type RawSocket } from '../support/rawSocket.ts';

const load = createLoad();
const createOne = `mutation ($input: CreateJobInput!) { createJob(input: $input) { job { jobId } } }`;
const createMany = `mutation ($input: CreateJobsInput!) { createJobs(input: $input) { results { job { jobId } } } }`;
const ticket = z.object({ job: z.object({ jobId: z.string() }) });
const createdOne = z.object({ data: z.object({ createJob: ticket }) });
const createdMany = z.object({ data: z.object({ createJobs: z.object({ results: z.array(ticket) }) }) });
const createFlow = `mutation ($input: CreateWorkflowInput!) { createWorkflow(input: $input) { workflow { workflowId } } }`;
const createdFlow = z.object({ data: z.object({ createWorkflow: z.object({ workflow: z.object({ workflowId: z.string() }) }) }) });
const flowOf = z.object({ children: z.number() });
const message = z.object({ type: z.string(), id: z.string().optional(), payload: z.unknown().optional() });
const pushed = z.object({ data: z.object({ jobStatusChanged: z.object({ jobId: z.string(), status: z.string() }) }) });
const opening = z.object({
  url: z.string(),
  type: z.string().default('bench_work'),
  overSocket: z.boolean().default(false),
  watchesAll: z.boolean().default(true),
});

let target: z.infer<typeof opening> = { url: '', type: '', overSocket: false, watchesAll: true };
let http: RawHttp | undefined;
let socket: RawSocket | undefined;
let asked = 0;
const answers = new Map<string, (payload: unknown) => void>();

async function ask(payload: object): Promise<unknown> {
  return http === undefined ? askOverSocket(payload) : JSON.parse(await http.post(JSON.stringify(payload)));
}

function askOverSocket(payload: object): Promise<unknown> {
  asked += 1;
  const id = `ask-${asked}`;
  const { promise, resolve } = Promise.withResolvers<unknown>();
  answers.set(id, resolve);
  socket?.send(JSON.stringify({ id, type: 'subscribe', payload }));
  return promise;
}

const input = () => ({ type: target.type, params: { durationMs: 0 } });

async function create(): Promise<string> {
  return createdOne.parse(await ask({ query: createOne, variables: { input: input() } })).data.createJob.job.jobId;
}

async function createBatch(count: number): Promise<readonly string[]> {
  const jobs = Array.from({ length: count }, input);
  const { data } = createdMany.parse(await ask({ query: createMany, variables: { input: { jobs } } }));
  return data.createJobs.results.map(({ job }) => job.jobId);
}

/** The given number of jobs, and one that waits for all of them: the last one of the plan. */
async function createWorkflow(children: number): Promise<string> {
  const names = Array.from({ length: children }, (_, index) => `child${index}`);
  const job = (name: string, dependsOn: readonly string[]): object => ({ ...input(), name, dependsOn });
  const jobs = [...names.map((name) => job(name, [])), job('parent', names)];
  const { data } = createdFlow.parse(await ask({ query: createFlow, variables: { input: { name: 'flow', jobs } } }));
  return workflowJobId(data.createWorkflow.workflow.workflowId, children);
}

/** A job that creates the given number of others and waits for them. */
async function createParent(children: number): Promise<string> {
  const parent = { type: 'flow_parent', params: { children } };
  return createdOne.parse(await ask({ query: createOne, variables: { input: parent } })).data.createJob.job.jobId;
}

/** Only the end of a flow's parent is awaited, so only that job is watched. */
function watched(jobId: string): string {
  const query = `subscription { jobStatusChanged(jobId: "${jobId}") { jobId status } }`;
  socket?.send(JSON.stringify({ id: `feed-${jobId}`, type: 'subscribe', payload: { query } }));
  return jobId;
}

serveCommands({
  async open(request) {
    target = opening.parse(request);
    if (!target.overSocket) http = createRawHttp(`${target.url}/graphql`);
    const acknowledged = Promise.withResolvers<void>();
    socket = await openRawSocket({
      url: `${target.url}/graphql`,
      subprotocol: 'graphql-transport-ws',
      onText(chunk, start, end) {
        const { type, id, payload } = message.parse(JSON.parse(chunk.toString('utf8', start, end)));
        if (type === 'connection_ack') return acknowledged.resolve();
        if (type !== 'next' || id === undefined) return undefined;
        if (!id.startsWith('feed')) {
          answers.get(id)?.(payload);
          return void answers.delete(id);
        }
        const { jobId, status } = pushed.parse(payload).data.jobStatusChanged;
        if (status === 'PROCESSING') load.onActive(jobId);
        else if (status !== 'PENDING') load.onEnded(jobId);
        return undefined;
      },
    });
    socket.send('{"type":"connection_init"}');
    await acknowledged.promise;
    if (!target.watchesAll) return;
    socket.send(
      JSON.stringify({ id: 'feed', type: 'subscribe', payload: { query: 'subscription { jobStatusChanged { jobId status } }' } }),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
  },
  run: (request) => load.run(create, request),
  runBatches: (request) => load.runBatches(createBatch, request),
  runFlows: (request) => load.run(async () => watched(await createWorkflow(flowOf.parse(request).children)), request),
  runParents: (request) => load.run(async () => watched(await createParent(flowOf.parse(request).children)), request),
});
