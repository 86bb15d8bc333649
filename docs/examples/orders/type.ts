/** An order, as servers and clients know it. In a project of your own the import is `job-tickets`. */
import { z } from 'zod';
import { defineJobType } from '../../../index.ts';

export const fulfilOrder = defineJobType({
  name: 'fulfil_order',
  description: 'Reserves goods, waits for an approval, charges the customer, and gives the goods back where that comes to nothing.',
  params: z.strictObject({ orderId: z.string().min(1), amount: z.number().positive() }),
  result: z.object({ reservation: z.string(), payment: z.string(), approvedBy: z.string() }),
  policy: { timeoutSeconds: 60 },
  example: { orderId: 'order-1', amount: 99.5 },
});

/** What the signal `approval` says. */
export const approval = z.object({ isApproved: z.boolean(), by: z.string() });
