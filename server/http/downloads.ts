/**
 * `GET /jobs/<jobId>/outputs/<name>`: a file that a job wrote, streamed from where it is stored. A caller who may read the job
 * may read the file, with the same token; all others get 404. Browsers save it and never display it: a file may contain a page
 * by anybody.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { GraphQLError } from 'graphql';
import { JobError, PermanentError } from '../../core/errors.ts';
import type { RateLimiter } from '../../core/limits/rateLimiter.ts';
import type { ObjectEngine } from '../../core/objects.ts';
import type { JobOutput, OutputWanted } from '../../core/usecases/jobOutputs.ts';
import type { Authenticate, Identity } from '../auth.ts';
import type { Connections } from '../websocket/connections.ts';
import { answerCors } from './cors.ts';
import { refuse, sendJson } from './refusal.ts';
import { codeOf, setErrorHeaders } from './status.ts';

export interface DownloadsDeps {
  /** Undefined where the job has no such output. @throws {JobError} as `getJob` does. */
  readonly findOutput: (wanted: OutputWanted) => Promise<JobOutput | undefined>;
  /** Undefined where this server serves no files. */
  readonly objects: Pick<ObjectEngine, 'read'> | undefined;
  readonly authenticate: Authenticate;
  readonly limiter: Pick<RateLimiter, 'take'>;
  readonly connections: Connections;
  readonly corsOrigins: readonly string[];
  /** The error as a client may see it. */
  readonly mask: (error: unknown, traceId: string) => GraphQLError;
  /** A client that reads nothing for so long is cut off. */
  readonly idleMs: number;
}

/** The name in traces. */
export const downloadRoute = '/jobs/{jobId}/outputs/{name}';

export interface Downloads {
  /** Whether this path is one of a download. */
  has(path: string): boolean;
  answer(request: IncomingMessage, response: ServerResponse, traceId: string): Promise<void>;
}

const pathShape = /^\/jobs\/([^/]+)\/outputs\/([^/]+)$/;

const statuses: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  JOB_NOT_FOUND: 404,
  RATE_LIMITED: 429,
  TABLE_UNAVAILABLE: 503,
};

export function createDownloads(deps: DownloadsDeps): Downloads {
  const { findOutput, objects, authenticate, limiter, connections, corsOrigins, mask, idleMs } = deps;

  async function answer(request: IncomingMessage, response: ServerResponse, traceId: string): Promise<void> {
    if (answerCors(request, response, corsOrigins)) return undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(response, 405, 'METHOD_NOT_ALLOWED', { message: 'Only GET and HEAD.', headers: { allow: 'GET, HEAD' } });
    }
    response.setHeader('cache-control', 'no-store');
    try {
      await send(request, response, await admitted(request));
    } catch (error) {
      if (error instanceof PermanentError && !response.headersSent) return refuse(response, 404, 'NOT_FOUND', { message: error.message });
      const masked = mask(error, traceId);
      // A file that is cut off must not look complete.
      if (response.headersSent) return void response.destroy();
      const status = statuses[codeOf(masked)] ?? 500;
      setErrorHeaders(response, status, { errors: [masked] });
      return sendJson(response, status, { errors: [{ message: masked.message, extensions: masked.extensions }] });
    }
  }

  /** The caller, counted against the limits. @throws {JobError} */
  async function admitted({ headers: { authorization } }: IncomingMessage): Promise<Identity> {
    const identity = await authenticate(authorization);
    if (identity.onlyJobId !== undefined) {
      throw new JobError('FORBIDDEN', { message: 'This token lets its bearer watch one job, and nothing else.' });
    }
    const { retryAfterSeconds } = await limiter.take(identity.owner, 'queries', 1);
    if (retryAfterSeconds > 0) throw new JobError('RATE_LIMITED', { retryAfterSeconds });
    return identity;
  }

  async function send(request: IncomingMessage, response: ServerResponse, { owner, isAdmin }: Identity): Promise<void> {
    const [jobId, name] = partsOf(request.url ?? '');
    const output = objects === undefined ? undefined : await findOutput({ owner, isAdmin, jobId, name });
    if (objects === undefined || output === undefined) {
      return refuse(response, 404, 'NOT_FOUND', { message: 'The job has written no such file, or has not succeeded.' });
    }
    const closing = new AbortController();
    response.on('close', () => closing.abort());
    response.setTimeout(idleMs, () => void response.destroy());
    const place = { end: () => undefined };
    connections.open(owner, place);
    let isFault = false;
    const chunks = objects.read(output.uri, { signal: closing.signal });
    async function* rest(first: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
      yield first;
      try {
        yield* chunks;
      } catch (error) {
        isFault = !closing.signal.aborted;
        throw error;
      }
    }
    try {
      // Whether the file exists is known with its first bytes.
      const first = await chunks.next();
      response.writeHead(200, headersOf(output.uri));
      if (request.method === 'HEAD' || first.done === true) {
        await chunks.return(undefined);
        return void response.end();
      }
      await pipeline(Readable.from(rest(first.value), { objectMode: false }), response);
    } catch (error) {
      // A client that leaves in the middle needs no error.
      if (isFault || !closing.signal.aborted) throw error;
    } finally {
      connections.close(owner, place);
    }
  }

  return { has: (path) => pathShape.test(path), answer };
}

/** A name that cannot be decoded matches no output. */
function partsOf(url: string): readonly [jobId: string, name: string] {
  const [, jobId = '', name = ''] = pathShape.exec(url.split('?', 1)[0] ?? '') ?? [];
  try {
    return [decodeURIComponent(jobId), decodeURIComponent(name)];
  } catch {
    return ['', ''];
  }
}

function headersOf(uri: string): Readonly<Record<string, string>> {
  const name = uri.split('/').at(-1) ?? '';
  // RFC 6266: the plain form for old clients, and the encoded form for all others.
  const plain = name.replaceAll(/[^\w .-]/g, '_');
  const spelt = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${spelt}`,
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'same-origin',
  };
}
