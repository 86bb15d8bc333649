/** A receiver of webhooks on loopback, which answers as a test says and verifies with the standard's own library. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { portOf } from './portOf.ts';

export interface Received {
  readonly id: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly event: z.infer<typeof eventShape>;
}

const told = { status: z.string(), version: z.number() };

/** An event of a job, or an event of a workflow. */
const eventShape = z.strictObject({
  type: z.string(),
  timestamp: z.iso.datetime(),
  data: z.union([
    z.strictObject({ ...told, jobId: z.string(), type: z.string(), attempt: z.number(), workflowId: z.undefined().optional() }),
    z.strictObject({ ...told, workflowId: z.string(), name: z.string(), jobId: z.undefined().optional() }),
  ]),
});

export type Answer = (response: ServerResponse, received: Received) => void;

export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
  /** From now on; until then 204. */
  answer(answer: Answer): void;
}

export const answerWith =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(status, headers).end();

export async function openWebhookReceiver(): Promise<WebhookReceiver> {
  const received: Received[] = [];
  let answer: Answer = answerWith(204);
  const server = createServer((request, response) => void take(request, response));

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const headers = z.record(z.string(), z.string()).parse(request.headers);
    const one = { id: headers['webhook-id'] ?? '', headers, body, event: eventShape.parse(JSON.parse(body)) };
    received.push(one);
    answer(response, one);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received,
    answer: (next) => (answer = next),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @throws where the signature is not of this secret, or its time is not now. */
export function verify({ body, headers }: Received, secret: string): void {
  new Webhook(secret).verify(body, headers);
}
