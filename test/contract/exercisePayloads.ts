/** The promises of every table for params and results: short ones in the record, long ones apart, none lost, none overwritten. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { exactly } from '../../core/clock.ts';
import { createMemoryFeed } from '../../core/feed/memory/memoryFeed.ts';
import { maxParamsBytes, type ApartPayload, type Job, type JsonValue, type Payload } from '../../core/job.ts';
import { maxInlineBytes, type JobTable, type PayloadKind } from '../../core/table/jobTable.ts';
import { transitionJob } from '../../core/usecases/transitionJob.ts';
import { makeJob } from '../support/jobFactory.ts';
import { quietParts } from '../support/quietParts.ts';

const day = 86_400;
/** As the contract's engines are opened. */
const jobTtlDays = 30;

export function exercisePayloads(tableOf: () => JobTable): void {
  const keep = (jobId: string, kind: PayloadKind, value: JsonValue, now = Date.now()): Promise<Payload> =>
    tableOf().keepPayload({ jobId, kind, value, now });

  async function keepApart(value: JsonValue, { jobId = 'job', now = Date.now() } = {}): Promise<ApartPayload> {
    const payload = await keep(jobId, 'params', value, now);
    if (payload.kind !== 'apart') throw new Error('the payload was not kept apart');
    return payload;
  }

  async function valueOf(payload: Payload | undefined): Promise<JsonValue | undefined> {
    if (payload?.kind !== 'apart') return payload?.value;
    return (await tableOf().readPayloads([payload.key]))[0];
  }

  async function claimed(params: Payload, claim: Job['claim']): Promise<Job> {
    const { ok, job } = await tableOf().create(makeJob({ params, status: 'PROCESSING', attempts: 1, claim }));
    if (!ok) throw new Error('the job was not created');
    return job;
  }

  const succeed = (job: Job, claimId: string, result: Payload) =>
    transitionJob({ ...quietParts, table: tableOf(), feed: createMemoryFeed() }, 'succeed', job, {
      facts: { now: exactly(Date.now()), claimId },
      changes: { result },
    });

  describe('payloads', () => {
    test.each(['params', 'result'] as const)('of %s stand in the record up to their bound, in bytes, and apart beyond it', async (kind) => {
      const letters = (maxInlineBytes[kind] - 2) / 2;
      const longest = 'ä'.repeat(letters);
      expect(await keep('job', kind, longest)).toEqual({ kind: 'inline', value: longest });
      const beyond = await keep('job', kind, `${longest}a`);
      expect(beyond).toMatchObject({ kind: 'apart' });
      expect(await valueOf(beyond)).toBe(`${longest}a`);
    });

    test('at their limits live through a whole life of the job', async () => {
      const long = { payload: 'x'.repeat(maxParamsBytes - 20) };
      const params = await keepApart(long);
      const running = await claimed(params, { id: 'claim', expiresAt: Date.now() + 30_000 });
      expect(running.params).toEqual(params);
      const result = await keep(running.jobId, 'result', 'y'.repeat(100_000));
      expect(await succeed(running, 'claim', result)).toMatchObject({ ok: true, job: { status: 'SUCCEEDED', params, result } });
      const read = await tableOf().get(running.jobId);
      expect(await valueOf(read?.params)).toEqual(long);
      expect(await valueOf(read?.result)).toBe('y'.repeat(100_000));
    });

    test('come back as they were given, whatever they hold', async () => {
      const text = `{"__proto__":{"a":1},"constructor":2,"text":"\\ud83d\\ude00 \\u0000 ☃","big":1e300,"nested":[[[]]],"none":null,"long":"${'x'.repeat(2000)}"}`;
      const value = z.custom<JsonValue>().parse(JSON.parse(text));
      expect(JSON.stringify(await valueOf(await keepApart(value)))).toBe(JSON.stringify(value));
      for (const empty of [null, '', 0, false, []]) expect(await valueOf(await keep('job', 'result', empty))).toEqual(empty);
    });

    test('are read in the order asked for, with gaps and doubles', async () => {
      const [one, two] = [await keepApart('1'.repeat(2000)), await keepApart('2'.repeat(2000))];
      const read = await tableOf().readPayloads([two.key, 'none', one.key, two.key]);
      expect(read.map((value) => (typeof value === 'string' ? value[0] : value))).toEqual(['2', undefined, '1', '2']);
      expect(await tableOf().readPayloads([])).toEqual([]);
    });

    test('of a hundred jobs, more than one answer of DynamoDB holds, are read in one call', async () => {
      const kept = await Promise.all(Array.from({ length: 100 }, (_, index) => keepApart(`${index}:${'x'.repeat(200_000)}`)));
      const read = await tableOf().readPayloads(kept.map(({ key }) => key));
      expect(read.map((value) => (typeof value === 'string' ? Number.parseInt(value, 10) : value))).toEqual(kept.map((_, index) => index));
    });

    test('are nobody else’s to overwrite: the late result of a worker that lost its claim changes nothing', async () => {
      const job = await claimed(await keepApart('p'.repeat(2000)), { id: 'new', expiresAt: Date.now() + 30_000 });
      const [late, real] = await Promise.all([
        keep(job.jobId, 'result', 'late'.repeat(1000)),
        keep(job.jobId, 'result', 'real'.repeat(1000)),
      ]);
      expect(await succeed(job, 'old', late)).toMatchObject({ ok: false });
      expect(await succeed(job, 'new', real)).toMatchObject({ ok: true });
      const later = await keep(job.jobId, 'result', 'later'.repeat(1000));
      expect(await succeed(job, 'old', later)).toMatchObject({ ok: false });
      const ended = await tableOf().get(job.jobId);
      expect(await valueOf(ended?.result)).toBe('real'.repeat(1000));
    });

    test('of a retried job: the result goes, the params stay', async () => {
      const params = await keepApart('p'.repeat(2000));
      const { job } = await tableOf().create(
        makeJob({ params, status: 'FAILED_FINAL', result: await keep('job', 'result', 'r'.repeat(2000)) }),
      );
      if (job === undefined) throw new Error('the job was not created');
      const step = { facts: { now: exactly(Date.now()) }, changes: { generation: 2, attempts: 0, result: null } };
      const retried = await transitionJob({ ...quietParts, table: tableOf(), feed: createMemoryFeed() }, 'retry', job, step);
      expect(retried).toMatchObject({ ok: true, job: { status: 'PENDING', params } });
      expect(retried.job?.result).toBeUndefined();
    });

    test('outlive the record of a job that ends at once, by days and not by more', async () => {
      const now = Date.now();
      const { expiresAt } = await keepApart('x'.repeat(2000), { now });
      const recordEnds = Math.floor(now / 1000) + jobTtlDays * day;
      expect(expiresAt).toBeGreaterThan(recordEnds + 2 * day);
      expect(expiresAt).toBeLessThan(recordEnds + 10 * day);
    });

    test('of a job that stays open are kept longer when their time is used up, and the record says so', async () => {
      const now = Date.now();
      const params = await keepApart('x'.repeat(2000), { now });
      expect(await tableOf().renewPayload(params, now + 3 * day * 1000)).toEqual(params);
      const later = now + 6 * day * 1000;
      const renewed = await tableOf().renewPayload(params, later);
      expect(renewed.expiresAt).toBeGreaterThan(Math.floor(later / 1000) + (jobTtlDays + 2) * day);
      const { job } = await tableOf().create(makeJob({ params }));
      expect(await tableOf().touch('keepParams', job?.jobId ?? '', {}, { params: renewed })).toMatchObject({
        ok: true,
        job: { version: 1, params: renewed },
      });
      expect(await valueOf(renewed)).toBe('x'.repeat(2000));
    });

    test('that are gone do not come back by a renewal', async () => {
      const gone: ApartPayload = { kind: 'apart', key: 'none', expiresAt: 1 };
      await tableOf().renewPayload(gone, Date.now());
      expect(await tableOf().readPayloads(['none'])).toEqual([undefined]);
    });

    test('are not read for a caller who has gone', async () => {
      const { key } = await keepApart('x'.repeat(2000));
      const reason = new Error('the client has gone');
      await expect(tableOf().readPayloads([key], AbortSignal.abort(reason))).rejects.toBe(reason);
      await expect(tableOf().getMany(['none'], AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });
}
