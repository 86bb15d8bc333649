/** Params and results in rows of their own: a record that is written again and again stays small. */
import { randomBytes } from 'node:crypto';
import { maxInlineBytes, type Payloads } from '../jobTable.ts';
import { needsRenewal, payloadExpiry } from '../payloadLife.ts';
import { readPayload } from './records.ts';
import type { TableThreads } from './threads.ts';

export function createPayloads({ write, read }: Pick<TableThreads, 'write' | 'read'>, jobTtlDays: number): Payloads {
  return {
    async keepPayload({ jobId, kind, value, now }) {
      const json = JSON.stringify(value);
      if (Buffer.byteLength(json) <= maxInlineBytes[kind]) return { kind: 'inline', value };
      const key = `${jobId}#${kind}#${randomBytes(9).toString('base64url')}`;
      const expiresAt = payloadExpiry(now, jobTtlDays);
      await write({ kind: 'keepPayload', key, json, expiresAt });
      return { kind: 'apart', key, expiresAt };
    },

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
