/** An order from its reservation to its payment: days may pass in between, and workers come and go. */
import { defineHandler, PermanentError } from '../../../index.ts';
import { shop } from './shop.ts';
import { approval, fulfilOrder } from './type.ts';

export const handler = defineHandler(fulfilOrder, async ({ orderId, amount }, { step, sleep, waitForSignal, log }) => {
  const reservation = await step('reserve', () => shop.reserve(orderId));
  try {
    const answer = await waitForSignal('approval', { timeoutSeconds: 7 * 86_400 });
    if (answer.timedOut) throw new PermanentError('nobody approved the order within a week');
    const { isApproved, by } = approval.parse(answer.payload);
    if (!isApproved) throw new PermanentError(`${by} refused the order`);

    log.info('approved', { by });
    await sleep('time to change one’s mind', 1);
    const payment = await step('charge', () => shop.charge(orderId, amount));
    return { reservation, payment, approvedBy: by };
  } catch (error) {
    // Of all other errors, and of waits, the order goes on in another run.
    if (error instanceof PermanentError) await step('give back', () => shop.giveBack(reservation));
    throw error;
  }
});
