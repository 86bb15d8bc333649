/** What servers, clients and workers know of the job. */
import { defineJobType } from 'job-tickets';
import { z } from 'zod';

export const chargeCard = defineJobType({
  name: 'charge_card',
  description: 'Charges a card once, however often it is tried.',
  params: z.strictObject({ card: z.string(), cents: z.int().positive() }),
  result: z.object({ chargeId: z.string() }),
  policy: { timeoutSeconds: 30 },
  example: { card: 'tok_visa', cents: 1250 },
});
