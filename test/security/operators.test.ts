/** Only operators may change how the system runs for everybody. */
import { expect, test } from 'vitest';
import { at, openApiSystem } from '../e2e/apiSystem.ts';
import { as, openGuarded } from './stage.ts';

const operations = [
  'mutation { pauseJobType(input: { type: "simulate_work", reason: "r" }) { jobType { isPaused pausedReason } } }',
  'mutation { resumeJobType(input: { type: "simulate_work" }) { jobType { isPaused } } }',
  'mutation { pauseQueue(input: { priority: LOW }) { queue { isPaused } } }',
  'mutation { resumeQueue(input: { priority: LOW }) { queue { isPaused } } }',
];
const shown = '{ jobTypes { name isPaused waiting } queues { priority isPaused } }';

test('nobody but an admin pauses and resumes; everybody sees what is paused', async () => {
  await using api = await openGuarded({ works: false });
  const [alice, admin] = [await as('alice', { scope: 'administrator' }), await as('root', { scope: 'admin' })];
  for (const query of operations) {
    const { body } = await api.request(query, {}, alice);
    expect(body.errors?.map(({ extensions }) => extensions['code'])).toEqual(['FORBIDDEN']);
  }
  expect(JSON.stringify((await api.request(shown, {}, alice)).body.data)).not.toContain('true');

  const [pauseType, resumeType, pauseQueue, resumeQueue] = operations;
  const asAdmin = async (query = '') => (await api.request(query, {}, admin)).body.data;
  expect(at(await asAdmin(pauseType), 'pauseJobType', 'jobType')).toEqual({ isPaused: true, pausedReason: 'r' });
  expect(at(await asAdmin(pauseQueue), 'pauseQueue', 'queue')).toEqual({ isPaused: true });
  const seen = (await api.request(shown, {}, alice)).body.data;
  expect(at(seen, 'queues')).toEqual([
    { priority: 'HIGH', isPaused: false },
    { priority: 'NORMAL', isPaused: false },
    { priority: 'LOW', isPaused: true },
  ]);
  expect(JSON.stringify(at(seen, 'jobTypes'))).toContain('{"name":"simulate_work","isPaused":true,"waiting":0}');
  expect(at(await asAdmin(resumeType), 'resumeJobType', 'jobType')).toEqual({ isPaused: false });
  expect(at(await asAdmin(resumeQueue), 'resumeQueue', 'queue')).toEqual({ isPaused: false });

  const faults = [
    ['type: "nothing"', 'UNKNOWN_JOB_TYPE'],
    ['type: "simulate_work", until: "2020-01-01T00:00:00Z"', 'BAD_USER_INPUT'],
    [`type: "simulate_work", reason: "${'x'.repeat(501)}"`, 'BAD_USER_INPUT'],
  ] as const;
  for (const [input, code] of faults) {
    const { body } = await api.request(`mutation { pauseJobType(input: { ${input} }) { jobType { name } } }`, {}, admin);
    expect(body.errors?.map(({ extensions }) => extensions['code'])).toEqual([code]);
  }
});

test('where no tokens are required, every caller on the machine may', async () => {
  await using api = await openApiSystem({ works: false });
  const { body } = await api.request(operations[0] ?? '');
  expect(at(body.data, 'pauseJobType', 'jobType', 'isPaused')).toBe(true);
  const moment = new Date(Date.now() + 30 * 86_400_000);
  const runAt = moment.toISOString();
  const anHourEast = new Date(moment.getTime() + 3_600_000).toISOString().replace('Z', '+01:00');
  const created = await api.request(
    `mutation { createJob(input: { type: "simulate_work", runAt: "${anHourEast}" }) { job { runAt waitingReason waitingUntil } } }`,
  );
  expect(at(created.body.data, 'createJob', 'job')).toEqual({ runAt, waitingReason: 'RUN_AT', waitingUntil: runAt });
});
