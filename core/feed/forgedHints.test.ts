import { describe, expect, onTestFinished, test } from 'vitest';
import type { JobEvent } from './event.ts';
import { all, setup, take, versions } from './testJobStream.ts';

describe('forged hints', () => {
  const forged = (event: JobEvent, changes: Partial<JobEvent>): JobEvent => ({ ...event, ...changes });

  test.each(['SUCCEEDED', 'FAILED', 'FAILED_FINAL', 'CANCELLED'] as const)(
    'end no watch with %s before the record says so',
    async (status) => {
      const { open, step, deliver, counts, reads } = await setup();
      const watch = (await open()).watch({});
      const running = step('PROCESSING');
      deliver(running);
      deliver(forged(running, { version: 3, status }));
      await expect.poll(reads).toBe(2);
      expect(versions(await take(watch, 2))).toEqual([1, 2]);
      deliver(step('SUCCEEDED'));
      expect(await all(watch)).toMatchObject([{ version: 3, status: 'SUCCEEDED', recovered: undefined }]);
      expect(counts.repairs).toBe(0);
    },
  );

  test('bring no text, time or owner other than the record’s', async () => {
    const { open, step, deliver, reads } = await setup();
    const watch = (await open()).watch({});
    const error = { code: 'PERMANENT', message: 'text of another job', attempt: 1, at: 1 };
    const running = step('PROCESSING');
    for (const changes of [{ error }, { at: running.at + 86_400_000 }, { at: 1 }, { owner: 'somebody else' }])
      deliver(forged(running, changes));
    expect(await take(watch, 2)).toMatchObject([{ version: 1 }, { version: 2, at: running.at, owner: running.owner, error: undefined }]);
    for (const changes of [{ error }, { at: running.at + 86_400_000 }, { at: 1 }, { owner: 'somebody else' }])
      deliver(forged(running, { progress: 50, ...changes }));
    await expect.poll(reads).toBeGreaterThan(2);
    deliver(forged(running, { progress: 40 }));
    expect(await take(watch, 1)).toMatchObject([{ version: 2, at: running.at, progress: 40, error: undefined }]);
  });

  test('announce a failed attempt and the next one only once the record has the failure', async () => {
    const error = { code: 'ATTEMPT_FAILED', message: 'no luck', attempt: 1, at: 1 };
    const { open, step, deliver, change } = await setup();
    const watch = (await open()).watch({});
    const running = step('PROCESSING', { attempts: 1 });
    deliver(running);
    expect(versions(await take(watch, 2))).toEqual([1, 2]);
    change({ error });
    deliver(forged(running, { attempt: 2, at: running.at + 1, error }));
    expect(await take(watch, 1)).toMatchObject([{ version: 2, attempt: 2, error }]);
    deliver(forged(running, { attempt: 2, at: running.at + 2, error, progress: 5 }));
    expect(await take(watch, 1)).toMatchObject([{ version: 2, attempt: 2, error, progress: 5 }]);
  });

  test('hide no end by running ahead of the record: versions that were sent too early are sent again', async () => {
    const { open, step, deliver } = await setup();
    const watch = (await open()).watch({});
    const running = step('PROCESSING');
    deliver(running);
    deliver(forged(running, { version: 3, status: 'PENDING' }));
    deliver(forged(running, { version: 4, status: 'PROCESSING' }));
    expect(versions(await take(watch, 4))).toEqual([1, 2, 3, 4]);
    deliver(step('SUCCEEDED'));
    expect(await all(watch)).toMatchObject([{ version: 3, status: 'SUCCEEDED', recovered: undefined }]);
  });

  test('hide no end by coming all the time, as if the job were active', async () => {
    const { open, step, deliver } = await setup({ silenceMs: 20 });
    const watch = (await open()).watch({});
    const running = step('PROCESSING');
    deliver(running);
    expect(versions(await take(watch, 2))).toEqual([1, 2]);
    let progress = 0;
    const chatter = setInterval(() => deliver(forged(running, { progress: (progress += 0.1) })), 2);
    onTestFinished(() => clearInterval(chatter));
    step('SUCCEEDED');
    expect((await all(watch)).at(-1)).toMatchObject({ version: 3, status: 'SUCCEEDED' });
  });
});
