import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ours } from './ours.ts';
import { sentences } from './sentences.ts';
import { openServers, type Servers } from './servers.ts';
import { openTalk, say, type Step } from './talk.ts';
import { ready, type Place } from './words.ts';

let servers: Servers;
let place: Place;
beforeAll(async () => {
  servers = await openServers();
  const { api } = servers;
  const cancelJob = 'mutation ($jobId: ID!) { cancelJob(input: { jobId: $jobId }) { job { status } } }';
  place = { pending: await api.createJob(), createJob: () => api.createJob(), cancel: (jobId) => api.request(cancelJob, { jobId }) };
  // The reference logs to the console what a client did wrong.
  vi.spyOn(console, 'error').mockReturnValue();
});
afterAll(() => servers[Symbol.asyncDispose]());

async function follow(url: string, steps: readonly Step[], protocols?: readonly string[]): Promise<void> {
  const talker = await openTalk(url, protocols);
  try {
    const left = [...steps];
    for (let step = left.shift(); step !== undefined; step = left.shift()) {
      if ('goOn' in step) left.unshift(...step.goOn());
      else if ('act' in step) await step.act();
      else if ('hear' in step) expect(await talker.hear()).toMatchObject(step.hear);
      else if ('closed' in step) {
        const { code, reason } = await talker.closed;
        expect({ code, reason: step.reason === undefined ? undefined : reason }).toEqual({ code: step.closed, reason: step.reason });
      } else say(talker, step);
    }
  } finally {
    talker.socket.terminate();
  }
}

describe.each(['ours', 'graphql-ws'] as const)('graphql-transport-ws as spoken by %s:', (server) => {
  test.each(sentences)('%s', async (_sentence, talk) => follow(servers.urls[server], talk(place)));

  test.each([[[]], [['graphql-ws']], [['x', 'y']]])('the subprotocols %j: 4406, or the client gives up', async (protocols) => {
    const { code, reason } = await (await openTalk(servers.urls[server], protocols)).closed;
    // A client that asked for some refuses a server that picked none.
    if (code !== 1006) expect({ code, reason }).toEqual({ code: 4406, reason: 'Subprotocol not acceptable' });
    expect(protocols.length === 0 ? [4406] : [1006, 4406]).toContain(code);
  });

  test('ours among several subprotocols is picked', async () => {
    await follow(servers.urls[server], ready, ['graphql-ws', 'graphql-transport-ws']);
  });
});

describe('where the document is silent, ours answers', () => {
  test.each(ours)('%s', async (_sentence, talk) => follow(servers.urls.ours, talk(place)));
});
