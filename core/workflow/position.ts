/**
 * Where a watch of a workflow stands: the version told of the workflow and of each of its jobs, as a short text. So it can be
 * resumed on any server, with nothing told twice and nothing left out, though between jobs there is no order.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** The versions that were sent: of the workflow, then of its jobs by their numbers. 0: none yet. */
export type Told = readonly number[];

const nothingTold = '0';

export function positionText(told: Told): string {
  const bytes = told.flatMap((version) => (version < escape ? [version] : [escape, version >> 8, version & 0xff]));
  return deflateRawSync(Buffer.from(bytes)).toString('base64url');
}

/** The position of a watcher that only saw the workflow's own changes. Unambiguous: no other position begins with these bits. */
export function versionText(version: number): string {
  return `v${version}`;
}

/** Undefined for a text that is not a position of a workflow of so many jobs. */
export function toldAt(text: string, jobs: number): Told | undefined {
  if (text === nothingTold) return Array.from({ length: jobs + 1 }, () => 0);
  const version = /^v(\d{1,9})$/.exec(text)?.[1];
  if (version !== undefined) return [Number(version), ...Array.from({ length: jobs }, () => 0)];
  let bytes: Buffer;
  try {
    bytes = inflateRawSync(Buffer.from(text, 'base64url'), { maxOutputLength: 3 * (jobs + 1) });
  } catch {
    return undefined;
  }
  const told: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    told.push(byte < escape ? byte : (bytes[at + 1] ?? 0) * 256 + (bytes[at + 2] ?? 0));
    if (byte === escape) at += 2;
  }
  return told.length === jobs + 1 ? told : undefined;
}

/** Most versions are small. */
const escape = 0xff;
