import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { getBulkOperation } from '../../core/usecases/bulkOperations.ts';
import { openSocket } from '../e2e/testSocket.ts';
import { at } from '../e2e/apiSystem.ts';
import { startForger } from './forger.ts';
import { openSharedStage } from './sharedStage.ts';
import { as, transports } from './stage.ts';
import { fields, marks, operationOf, other, owners, step, type Owner } from './ownersOperations.ts';

test(
  'two owners see not a byte of each other’s in 10,000 random operations, with somebody forging what they like',
  { timeout: 300_000 },
  async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
    const operations = Number(process.env['OPERATIONS'] ?? 10_000);
    await using stage = await openSharedStage();
    for (const owner of owners) await stage.putObject(`${owner}/mark.txt`, marks[owner]);
    await stage.putObject('shared/all.txt', 'for all');
    const callers = { alice2: await as('alice2'), bob2: await as('bob2') };
    const tickets: string[] = [];
    const cursors: string[] = [];
    const scheduleIds: string[] = [];
    const operationIds: string[] = [];
    const whoAsked = new Map<string, Owner>();
    const ownerOf = new Map<string, Owner>();
    const counts = { errors: new Map<unknown, number>() };
    const marked = Object.values(marks);
    const forger = await startForger({ redisUrl: stage.redis.url, queues: stage.core.queues, owners, tickets, marks: marked, seed });

    /** Nothing of the other owner's: no mark, no name, no ticket. */
    function check(owner: Owner, text: string, what: string): void {
      const told = `SEED=${seed}: ${owner} ${what} saw ${text}`;
      expect(text.includes(marks[other(owner)]) || text.includes(`"${other(owner)}"`), told).toBe(false);
      for (const [, jobId = ''] of text.matchAll(/"jobId":"(\w+)"/g)) {
        expect(ownerOf.get(jobId) ?? owner, told).toBe(owner);
        if (ownerOf.has(jobId)) continue;
        ownerOf.set(jobId, owner);
        tickets.push(jobId);
      }
      for (const [, scheduleId = ''] of text.matchAll(/"scheduleId":"([\w.-]+)"/g)) {
        if (!scheduleIds.includes(scheduleId)) scheduleIds.push(scheduleId);
      }
      for (const [, operationId = ''] of text.matchAll(/"operationId":"(\w+)"/g)) {
        expect(whoAsked.get(operationId) ?? owner, told).toBe(owner);
        if (!whoAsked.has(operationId)) operationIds.push(operationId);
        whoAsked.set(operationId, owner);
      }
      for (const [, cursor = ''] of text.matchAll(/"cursor":"(\w+)"/g)) if (cursors.length < 5000) cursors.push(cursor);
    }

    async function play(owner: Owner): Promise<void> {
      for (const { transport, ...drawn } of fc.sample(step, { seed: seed + owners.indexOf(owner), numRuns: operations / 2 })) {
        const operation = operationOf(owner, { ...drawn, tickets, cursors, scheduleIds, operationIds });
        // One's own log is watched to its job's end, which may be a backoff away.
        const { jobId: watched } = z.object({ jobId: z.string().default('') }).parse(operation.variables ?? {});
        if (drawn.kind === 'watchLogs' && ownerOf.get(watched) === owner) continue;
        const { text, codes } = await transports[transport](stage, operation, callers[owner]);
        const what = `${JSON.stringify(operation)} over ${transport}`;
        check(owner, text, what);
        expect(codes, `SEED=${seed}: ${what}`).not.toContain('INTERNAL_SERVER_ERROR');
        for (const code of codes) counts.errors.set(code, (counts.errors.get(code) ?? 0) + 1);
      }
    }

    /** Starts again whenever it learns that something may have been missed. */
    async function follow(owner: Owner): Promise<{ readonly seen: () => number; readonly end: () => void }> {
      const socket = await openSocket(stage.url, callers[owner]);
      const query = `subscription { jobStatusChanged { jobId version status at error { message } job { ${fields} } } }`;
      const subscribe = (id: number): void => socket.send({ id: String(id), type: 'subscribe', payload: { query } });
      let seen = 0;
      let id = 0;
      subscribe(id);
      void (async () => {
        for (;;) {
          const [message] = await socket.messages(1);
          seen += 1;
          check(owner, JSON.stringify(message), 'feed');
          if (at(message, 'type') === 'error') subscribe((id += 1));
        }
      })().catch((error: unknown) => failures.push(error));
      return { seen: () => seen, end: socket.end };
    }
    const failures: unknown[] = [];

    const feeds = await Promise.all(owners.map(follow));
    await Promise.all(owners.map(play));
    await forger.stop();
    for (const feed of feeds) feed.end();
    expect(failures.filter((failure) => failure instanceof Error && failure.name === 'AssertionError')).toEqual([]);
    for (const feed of feeds) expect(feed.seen()).toBeGreaterThan(operations / 100);
    expect(forger.heard()).toBeGreaterThan(operations / 100);
    expect([...counts.errors.keys()]).toEqual(
      expect.arrayContaining(['JOB_NOT_FOUND', 'BAD_USER_INPUT', 'SCHEDULE_NOT_FOUND', 'BULK_OPERATION_NOT_FOUND', 'FORBIDDEN']),
    );
    // Bulk operations did something, and only to jobs of their creators.
    let matched = 0;
    for (const [operationId, createdBy] of whoAsked) {
      const { value } = await getBulkOperation(stage.core, { owner: createdBy, operationId });
      matched += value.matched;
      const job = await stage.core.table.get(value.filter.jobIdPrefix ?? '');
      if (value.matched > 0) expect(job?.owner, JSON.stringify(value)).toBe(createdBy);
    }
    expect(matched).toBeGreaterThan(0);
    for (const [key, content] of await stage.objects()) {
      for (const owner of owners) if (key.startsWith(`${owner}/`)) expect(content, key).not.toContain(marks[other(owner)]);
    }
    expect((await stage.objects()).get('shared/all.txt')).toBe('for all');
    expect([...(await stage.objects()).keys()].every((key) => /^(alice2|bob2|shared)\//.test(key))).toBe(true);
  },
);
