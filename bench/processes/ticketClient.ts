/** A client of ours: hands in jobs over HTTP and hears of them over one WebSocket, its owner's whole feed. */
import { z } from 'zod';
import { serveCommands } from '../support/child.ts';
import { createLoad } from '../support/load.ts';
import { openRawSocket } from '../support/rawSocket.ts';

const load = createLoad();
const mutation = `mutation ($input: CreateJobInput!) { createJob(input: $input) { job { jobId } } }`;
const created = z.object({ data: z.object({ createJob: z.object({ job: z.object({ jobId: z.string() }) }) }) });
const pushed = z.object({
  payload: z.object({ data: z.object({ jobStatusChanged: z.object({ jobId: z.string(), status: z.string() }) }) }),
});
let url = '';

async function create(): Promise<string> {
  const body = JSON.stringify({ query: mutation, variables: { input: { type: 'bench_work', params: { durationMs: 0 } } } });
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return created.parse(await response.json()).data.createJob.job.jobId;
}

serveCommands({
  async open(request) {
    ({ url } = z.object({ url: z.string() }).parse(request));
    const acknowledged = Promise.withResolvers<void>();
    const socket = await openRawSocket({
      url: `${url}/graphql`,
      subprotocol: 'graphql-transport-ws',
      onText(chunk, start, end) {
        const parsed = pushed.safeParse(JSON.parse(chunk.toString('utf8', start, end)));
        if (!parsed.success) return acknowledged.resolve();
        const { jobId, status } = parsed.data.payload.data.jobStatusChanged;
        if (status === 'PROCESSING') load.onActive(jobId);
        else if (status !== 'PENDING') load.onEnded(jobId);
      },
    });
    socket.send('{"type":"connection_init"}');
    await acknowledged.promise;
    socket.send(JSON.stringify({ id: '0', type: 'subscribe', payload: { query: 'subscription { jobStatusChanged { jobId status } }' } }));
    await new Promise((resolve) => setTimeout(resolve, 500));
  },
  run: (request) => load.run(create, request),
});
