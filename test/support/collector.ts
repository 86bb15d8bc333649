/** An OTLP collector: receives JSON over HTTP. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { portOf } from './portOf.ts';

const attribute = z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) });
const span = z.object({ traceId: z.string(), spanId: z.string(), parentSpanId: z.string().optional(), name: z.string(), kind: z.number() });
const exported = z.object({
  resourceSpans: z.array(
    z.object({ resource: z.object({ attributes: z.array(attribute) }), scopeSpans: z.array(z.object({ spans: z.array(span) })) }),
  ),
});

export type CollectedSpan = z.infer<typeof span> & {
  readonly service: string;
  /** Of the process that sent it. */
  readonly resource: Readonly<Record<string, string | undefined>>;
};

export interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Each address that was called, with the headers of the last call. */
  readonly calls: ReadonlyMap<string, IncomingHttpHeaders>;
  /** Names of parents and the span itself, outermost first, each with its service. */
  lineage(one: CollectedSpan): string;
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const calls = new Map<string, IncomingHttpHeaders>();
  const server = createServer((request, response) => {
    void Array.fromAsync(request).then((chunks: Buffer[]) => {
      calls.set(request.url ?? '', request.headers);
      if (request.url?.endsWith('traces') === true) {
        for (const { resource, scopeSpans } of exported.parse(JSON.parse(Buffer.concat(chunks).toString())).resourceSpans) {
          const said = Object.fromEntries(resource.attributes.map(({ key, value }) => [key, value.stringValue]));
          for (const { spans: some } of scopeSpans)
            spans.push(...some.map((one) => ({ ...one, service: said['service.name'] ?? '', resource: said })));
        }
      }
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  function lineage(one: CollectedSpan): string {
    const parent = spans.find(({ spanId, traceId }) => spanId === one.parentSpanId && traceId === one.traceId);
    return `${parent === undefined ? '' : `${lineage(parent)} > `}${one.service}: ${one.name}`;
  }

  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    spans,
    calls,
    lineage,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
