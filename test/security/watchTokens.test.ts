import { getNamedType, isInputObjectType, isEnumType, isNonNullType, type GraphQLInputType } from 'graphql';
import { SignJWT } from 'jose';
import { createJobTickets } from 'job-tickets-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../schema/index.ts';
import { jwtSecret, tokenFor } from '../browser/tokenFor.ts';
import { openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';

/** A value that fits, whatever it means. */
function literalOf(type: GraphQLInputType): string {
  const named = getNamedType(type);
  if (isInputObjectType(named)) {
    const required = Object.values(named.getFields()).filter((field) => isNonNullType(field.type));
    return `{ ${required.map((field) => `${field.name}: ${literalOf(field.type)}`).join(', ')} }`;
  }
  if (isEnumType(named)) return named.getValues()[0]?.name ?? '';
  return { Int: '1', Boolean: 'true', DateTime: '"2030-01-01T00:00:00.000Z"' }[named.name] ?? '"x"';
}

const rootFields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
  Object.values(type?.getFields() ?? {}).map((field) => {
    const required = field.args.filter((argument) => isNonNullType(argument.type));
    const given = required.map((argument) => `${argument.name}: ${literalOf(argument.type)}`).join(', ');
    return [type?.name.toLowerCase() ?? '', field.name, `${field.name}${given === '' ? '' : `(${given})`} { __typename }`] as const;
  }),
);

describe('a watch token', () => {
  let system: ApiSystem;
  let ownersToken: string;
  let jobId: string;
  let otherJobId: string;
  let token: string;

  const clientWith = (given: string) => createJobTickets({ url: `${system.url}/graphql`, token: given });
  /** Of the first error, in an answer or in a stream. */
  const codeOf = async (document: string, given = token): Promise<string | undefined> => {
    const response = await fetch(`${system.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: document.startsWith('subscription') ? 'text/event-stream' : 'application/json',
        authorization: `Bearer ${given}`,
      },
      body: JSON.stringify({ query: document }),
      signal: AbortSignal.timeout(5000),
    });
    return /"code":"(\w+)"/.exec(await response.text())?.[1];
  };

  beforeAll(async () => {
    system = await openApiSystem({ environment: { JWT_SECRET: jwtSecret, SOCKET_DRAIN_SECONDS: '0', RECEIVE_WAIT_SECONDS: '1' } });
    ownersToken = await tokenFor('owner');
    await using owner = clientWith(ownersToken);
    const created = await owner.createJobs([
      { type: 'simulate_work', params: { durationMs: 500 } },
      { type: 'simulate_work', delaySeconds: 600 },
    ]);
    [jobId = '', otherJobId = ''] = created.map(({ job }) => job?.jobId ?? '');
    ({ token } = await owner.createWatchToken(jobId));
  });
  afterAll(() => system[Symbol.asyncDispose]());

  test.each(['websocket', 'sse'] as const)('watches its job to the end over %s, and reads its result', async (transport) => {
    await using watcher = createJobTickets({ url: `${system.url}/graphql`, token, transport });
    const statuses: string[] = [];
    for await (const { status } of watcher.watchJob(jobId, { afterVersion: 0 })) statuses.push(status);
    expect(new Set(statuses)).toEqual(new Set(['PENDING', 'PROCESSING', 'SUCCEEDED']));
    expect(await watcher.waitForJob(jobId)).toMatchObject({ status: 'SUCCEEDED', result: { attempts: 1 } });
  });

  test.each(rootFields)('is refused each field of the API, with anything but its jobId: %s %s', async (kind, _name, field) => {
    expect(await codeOf(`${kind} { ${field} }`)).toBe('FORBIDDEN');
  });

  test('sees no other job of its owner, whichever way it asks, and controls nothing, not even its own job', async () => {
    for (const document of [
      `{ job(jobId: "${otherJobId}") { status } }`,
      `{ job(jobId: "${jobId}") { status } other: job(jobId: "${otherJobId}") { status } }`,
      `query { ...Hidden } fragment Hidden on Query { job(jobId: "${otherJobId}") { status } }`,
      `{ ... on Query @include(if: true) { jobs { edges { node { jobId } } } } }`,
      `subscription { jobStatusChanged(jobId: "${otherJobId}") { version } }`,
      'subscription { jobStatusChanged { version } }',
      'subscription { jobStatusChanged(owner: "owner") { version } }',
      `mutation { cancelJob(input: { jobId: "${jobId}" }) { job { status } } }`,
      `mutation { retryJob(input: { jobId: "${jobId}" }) { job { status } } }`,
      `mutation { createWatchToken(input: { jobId: "${jobId}" }) { token } }`,
    ]) {
      expect(await codeOf(document), document).toBe('FORBIDDEN');
    }
    const queues = await fetch(`${system.url}/dashboard/queues`, { headers: { authorization: `Bearer ${token}` } });
    expect(queues.status).toBe(403);
  });

  test('is signed for the owner of the job, and for admins', async () => {
    await using stranger = clientWith(await tokenFor('stranger'));
    await expect(stranger.createWatchToken(jobId)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
    await using admin = clientWith(await tokenFor('admin', 'admin'));
    const signed = await admin.createWatchToken(jobId, { ttlSeconds: 60 });
    expect(Date.parse(signed.expiresAt) - Date.now()).toBeLessThanOrEqual(60_000);
    expect(await codeOf(`{ job(jobId: "${jobId}") { status } }`, signed.token)).toBeUndefined();
    expect(await codeOf('{ jobs { edges { cursor } } }', signed.token)).toBe('FORBIDDEN');
    await expect(admin.createWatchToken(jobId, { ttlSeconds: 0 })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(admin.createWatchToken(jobId, { ttlSeconds: 86_401 })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('counts only as this server signed it, and its watch ends when it expires', async () => {
    const forged = await new SignJWT({ job: jobId })
      .setProtectedHeader({ alg: 'HS256', typ: 'job-tickets-watch+jwt' })
      .setSubject('owner')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(jwtSecret));
    const [, payload = '', signature = ''] = token.split('.');
    const asOwners = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${payload}.${signature}`;
    const unsigned = `${Buffer.from('{"alg":"none","typ":"job-tickets-watch+jwt"}').toString('base64url')}.${payload}.`;
    for (const given of [forged, asOwners, unsigned]) {
      expect(await codeOf(`{ job(jobId: "${jobId}") { status } }`, given)).toBe('UNAUTHENTICATED');
    }
    await using owner = clientWith(ownersToken);
    const short = await owner.createWatchToken(otherJobId, { ttlSeconds: 2 });
    await using watcher = clientWith(short.token);
    const watch = watcher.watchJob(otherJobId);
    expect((await watch.next()).value).toMatchObject({ status: 'PENDING' });
    await expect(watch.next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

test('where there is no secret to sign with, the error says so', async () => {
  await using system = await openApiSystem({ works: false, environment: { SOCKET_DRAIN_SECONDS: '0' } });
  await using client = createJobTickets({ url: `${system.url}/graphql` });
  await expect(client.createWatchToken('any')).rejects.toMatchObject({ code: 'WATCH_TOKENS_UNAVAILABLE' });
});
