/** What workers run: safe to repeat, since the other side knows the key. */
import { defineHandler, PermanentError } from 'job-tickets';
import { z } from 'zod';
import { chargeCard } from './type.ts';

export const chargeAt = (url: string) =>
  defineHandler(chargeCard, async (params, { idempotencyKey, signal, log }) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify(params),
      signal, // a cancel, the timeout and a lost lease end the call
    });
    if (response.status === 402) throw new PermanentError('The card was declined.'); // trying again cannot help
    if (!response.ok) throw new Error(`payments answered ${response.status}`); // tried again, later
    const charge = z.object({ chargeId: z.string() }).parse(await response.json());
    log.info('charged', charge);
    return charge;
  });

export const handler = chargeAt('https://payments.example/charges');
