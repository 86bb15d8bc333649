import { describe, expect, test } from 'vitest';
import { makeJob } from '../../test/support/jobFactory.ts';
import { JobError } from '../errors.ts';
import { createCoalescedReads } from './coalescedReads.ts';

const malformed = 'malformed';

/** A table of jobs that counts its calls, and refuses one id as DynamoDB refuses a key that is too long. */
function setup({ isAway = false } = {}) {
  const jobs = new Map(Array.from({ length: 250 }, () => makeJob()).map((job) => [job.jobId, job]));
  const calls: number[] = [];
  const getMany = (jobIds: readonly string[]) => {
    calls.push(jobIds.length);
    if (isAway) return Promise.reject(new JobError('TABLE_UNAVAILABLE'));
    if (jobIds.includes(malformed)) return Promise.reject(new Error('ValidationException'));
    return Promise.resolve(jobIds.map((jobId) => jobs.get(jobId)));
  };
  const read = createCoalescedReads({ getMany, get: async (jobId) => (await getMany([jobId]))[0] });
  return { read, calls, jobIds: [...jobs.keys()] };
}

describe('coalesced reads', () => {
  test('of one turn are calls of a hundred, and each caller gets its job', async () => {
    const { read, calls, jobIds } = setup();
    const jobs = await Promise.all([...jobIds, 'none', ...jobIds.slice(240)].map(read));
    expect(jobs.map((job) => job?.jobId)).toEqual([...jobIds, undefined, ...jobIds.slice(240)]);
    expect(calls).toEqual([100, 100, 51]);
  });

  test('are made again in the next turn', async () => {
    const { read, calls, jobIds } = setup();
    for (const jobId of jobIds.slice(0, 2)) await read(jobId);
    expect(calls).toEqual([1, 1]);
  });

  test('fail only for the one whose id is refused', async () => {
    const { read, jobIds } = setup();
    const [refused, ...found] = await Promise.allSettled([malformed, ...jobIds.slice(0, 3)].map(read));
    expect(refused).toMatchObject({ status: 'rejected', reason: { message: 'ValidationException' } });
    expect(found.map(({ status }) => status)).toEqual(found.map(() => 'fulfilled'));
  });

  test('fail together, after one call, where the table is away', async () => {
    const { read, calls, jobIds } = setup({ isAway: true });
    const all = await Promise.allSettled(jobIds.slice(0, 3).map(read));
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(calls).toEqual([3]);
  });
});
