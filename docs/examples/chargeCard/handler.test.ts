/** The handler against a service that takes the charge and then loses its answer. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { PermanentError, type HandlerContext } from 'job-tickets';
import { expect, test } from 'vitest';
import { noObjects } from '../../../test/support/noObjects.ts';
import { noWaits } from '../../../test/support/noWaits.ts';
import { portOf } from '../../../test/support/portOf.ts';
import { chargeAt } from './handler.ts';

function contextOf(idempotencyKey: string): HandlerContext {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return {
    signal: new AbortController().signal,
    attempt: 1,
    idempotencyKey,
    log: silent,
    objects: noObjects,
    progress: () => undefined,
    ...noWaits,
  };
}

/** Knows each key once, as payment services do. */
async function openPayments(answers: readonly ('lost' | 'declined' | 'taken')[]) {
  const charges = new Map<string, string>();
  const left = [...answers];
  const server = createServer((request, response) => {
    const answer = left.shift();
    if (answer === 'declined') return void response.writeHead(402).end();
    const key = String(request.headers['idempotency-key']);
    const chargeId = charges.get(key) ?? `charge-${charges.size + 1}`;
    charges.set(key, chargeId);
    if (answer === 'lost') return void request.socket.destroy();
    return void response.end(JSON.stringify({ chargeId }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${portOf(server)}`, charges, [Symbol.asyncDispose]: close };
}

test('charges once though the answer was lost and the handler ran again', async () => {
  await using payments = await openPayments(['lost', 'taken']);
  const handler = chargeAt(payments.url);
  await expect(handler.run({ card: 'tok_visa', cents: 1250 }, contextOf('job-1'))).rejects.toThrow('fetch failed');
  expect(await handler.run({ card: 'tok_visa', cents: 1250 }, contextOf('job-1'))).toEqual({ chargeId: 'charge-1' });
  expect(payments.charges.size).toBe(1);
});

test('ends the job where trying again cannot help', async () => {
  await using payments = await openPayments(['declined']);
  await expect(chargeAt(payments.url).run({ card: 'tok_visa', cents: 1250 }, contextOf('job-2'))).rejects.toThrow(PermanentError);
});
