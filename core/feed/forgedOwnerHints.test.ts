import { describe, expect, test } from 'vitest';
import { setup, take } from './testOwnerStream.ts';

describe('forged hints', () => {
  test('bring no event of another owner’s job, or of a job that does not exist, whatever owner they name', async () => {
    const { open, create, step, deliver, counts } = setup();
    const watch = (await open()).watch({});
    const theirs = create({ jobId: 'theirs', owner: 'owner-2' });
    const running = step('theirs', 'PROCESSING');
    for (const hint of [theirs, running, step('theirs', 'SUCCEEDED')])
      for (const owner of ['owner-1', 'owner-2']) deliver({ ...hint, owner });
    deliver({ ...theirs, jobId: 'nowhere', owner: 'owner-1' });
    const own = create();
    deliver(own);
    expect(await take(watch, 1)).toEqual([[own.jobId, 1]]);
    expect(watch.take()).toBeUndefined();
    expect(counts.idle).toBe(0);
  });

  test('end no job before its record does, and bring no text, time or number other than the record’s', async () => {
    const { open, create, step, deliver, record } = setup();
    const watch = (await open()).watch({});
    const job = create();
    deliver({ ...job, at: job.at + 86_400_000, attempt: 7, error: { code: 'X', message: 'text', attempt: 1, at: 1 } });
    expect((await watch.next()).value).toMatchObject({ version: 1, at: job.at, attempt: 0, error: undefined });
    deliver({ ...job, version: 2, status: 'SUCCEEDED' });
    deliver({ ...job, version: 2, status: 'PROCESSING', at: 8.64e15 });
    deliver(step(job.jobId, 'PROCESSING'));
    expect((await watch.next()).value).toMatchObject({ version: 2, status: 'PROCESSING', at: record(job.jobId)?.updatedAt });
    deliver(step(job.jobId, 'FAILED_FINAL'));
    expect((await watch.next()).value).toMatchObject({ version: 3, status: 'FAILED_FINAL', recovered: undefined });
    deliver({ ...job, version: 4, status: 'PENDING', at: Date.now() });
    deliver(step(job.jobId, 'PENDING'));
    expect((await watch.next()).value).toMatchObject({ version: 4, status: 'PENDING', at: record(job.jobId)?.updatedAt });
  });

  test('end the watch where they were believed and the record says otherwise', async () => {
    const { open, create, step, deliver } = setup();
    const watch = (await open()).watch({});
    const job = create();
    deliver(job);
    expect(await take(watch, 1)).toEqual([[job.jobId, 1]]);
    deliver({ ...job, version: 2, status: 'PROCESSING' });
    deliver({ ...job, version: 3, status: 'PROCESSING' });
    deliver(step(job.jobId, 'CANCELLED'));
    await expect(Array.fromAsync(watch)).rejects.toMatchObject({ code: 'FEED_INTERRUPTED' });
  });
});
