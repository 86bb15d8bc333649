/** Params and results in rows of their own, so that a record which is often written stays small. */
import type { Payloads } from '../jobTable.ts';
import { keptPayload, needsRenewal, payloadExpiry } from '../payloadLife.ts';
import { readPayload } from './records.ts';
import type { TableThreads } from './threads.ts';

type Asking = Pick<TableThreads, 'write' | 'writeEarly' | 'read'>;

export function createPayloads({ write, writeEarly, read }: Asking, jobTtlDays: number): Payloads {
  return {
    // On the disk together with the record that points at it, which is written later.
    keepPayload: (payload) => keptPayload(payload, jobTtlDays, (item) => writeEarly({ kind: 'keepPayload', ...item }).answered),

    async readPayloads(keys, signal) {
      signal?.throwIfAborted();
      const { texts } = await read({ kind: 'readPayloads', keys });
      return texts.map((text) => (text === null ? undefined : readPayload(text)));
    },

    async renewPayload(pointer, now) {
      if (!needsRenewal(pointer.expiresAt, now, jobTtlDays)) return pointer;
      const expiresAt = payloadExpiry(now, jobTtlDays);
      await write({ kind: 'renewPayload', key: pointer.key, expiresAt });
      return { ...pointer, expiresAt };
    },
  };
}
