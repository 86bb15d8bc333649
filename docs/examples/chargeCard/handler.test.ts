/** The handler against a service that takes the charge and then loses its answer. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { PermanentError } from 'job-tickets';
import { createTestJob } from 'job-tickets/testing';
import { expect, test } from 'vitest';
import { portOf } from '../../../test/support/portOf.ts';
import { chargeAt } from './handler.ts';

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
  const job = createTestJob();
  await expect(job.run(handler, { card: 'tok_visa', cents: 1250 })).rejects.toThrow('fetch failed');
  expect(await job.run(handler, { card: 'tok_visa', cents: 1250 })).toEqual({ chargeId: 'charge-1' }); // the next attempt
  expect(payments.charges.size).toBe(1);
});

test('ends the job where trying again cannot help', async () => {
  await using payments = await openPayments(['declined']);
  const job = createTestJob();
  await expect(job.run(chargeAt(payments.url), { card: 'tok_visa', cents: 1250 })).rejects.toThrow(PermanentError);
});
