/** The dashboard's page and modules, served from memory: no path that a client sends reaches the file system. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';

export interface DashboardFile {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Dashboard {
  /** `undefined` where the dashboard has nothing at that path. */
  fileAt(path: string): Promise<DashboardFile | undefined>;
}

export interface DashboardDeps {
  /** Whether the page should ask for a token. */
  readonly wantsToken: boolean;
  /** Whether the page may link to GraphiQL. */
  readonly hasGraphiQL: boolean;
  /** How long a job must have been unchanged before it may be retried. */
  readonly stuckAfterSeconds: number;
  /** The address for viewing a trace, with `{traceId}` in it. */
  readonly traceUrlTemplate: string | undefined;
}

export function createDashboard(deps: DashboardDeps): Dashboard {
  const site = attributesOf(deps);
  const ownTag = createHash('sha256').update(site).digest('base64url').slice(0, 8);
  const page = async (): Promise<DashboardFile | undefined> => {
    const file = (await readFiles()).get('/index.html');
    if (file === undefined) return undefined;
    const { etag = '' } = file.headers;
    const headers = { ...file.headers, etag: etag.replace(/"$/, `-${ownTag}"`) };
    return { body: file.body.replace('<html ', () => `<html ${site} `), headers };
  };
  return {
    async fileAt(path) {
      if (path === '/') return page();
      return /^\/(dashboard|client|modules)\//.test(path) ? (await readFiles()).get(path) : undefined;
    },
  };
}

/** What the page needs to know of its server, as attributes of its root element. */
function attributesOf({ wantsToken, hasGraphiQL, stuckAfterSeconds, traceUrlTemplate = '' }: DashboardDeps): string {
  const told = {
    'wants-token': wantsToken,
    'has-graphiql': hasGraphiQL,
    'stuck-after-seconds': stuckAfterSeconds,
    'trace-url': traceUrlTemplate,
  };
  return Object.entries(told)
    .map(([name, value]) => `data-${name}="${String(value).replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`)
    .join(' ');
}

/** Requested again at each load, and answered with 304 while it is unchanged. */
export function sendFile({ headers }: IncomingMessage, response: ServerResponse, file: DashboardFile): void {
  for (const [name, value] of Object.entries({
    ...file.headers,
    'cache-control': 'no-cache',
    'cross-origin-resource-policy': 'same-origin',
  })) {
    response.setHeader(name, value);
  }
  const isKnown = headers['if-none-match']?.split(/,\s*/).some((etag) => etag.replace('W/', '') === file.headers['etag']) === true;
  if (isKnown) response.writeHead(304).end();
  else response.setHeader('content-length', Buffer.byteLength(file.body)).end(file.body);
}

type Files = ReadonlyMap<string, DashboardFile>;

const filesSchema = z.map(z.string(), z.object({ body: z.string(), headers: z.record(z.string(), z.string()) }));
let reading: Promise<Files> | undefined;

/** Made at the first request; the files are the same for all servers of a process. */
function readFiles(): Promise<Files> {
  reading ??= readInThread().catch((error: unknown) => {
    reading = undefined;
    throw error;
  });
  return reading;
}

async function readInThread(): Promise<Files> {
  const thread = new Worker(new URL(`dashboardThread${extname(import.meta.url)}`, import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  return once(thread, 'message').then(([files]: unknown[]) => filesSchema.parse(files));
}
