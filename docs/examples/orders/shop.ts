/** What stands in for the warehouse and the payments of a shop; each call is one that must not be made twice. */

export interface Shop {
  reserve(orderId: string): Promise<string>;
  charge(orderId: string, amount: number): Promise<string>;
  giveBack(reservation: string): Promise<void>;
  /** What was asked of it. */
  readonly calls: readonly string[];
}

export const shop: Shop = createShop();

function createShop(): Shop {
  const calls: string[] = [];
  const called = <Answer>(call: string, answer: Answer): Promise<Answer> => {
    calls.push(call);
    return Promise.resolve(answer);
  };
  return {
    reserve: (orderId) => called(`reserve ${orderId}`, `reservation of ${orderId}`),
    charge: (orderId, amount) => called(`charge ${orderId} ${amount}`, `payment of ${orderId}`),
    giveBack: (reservation) => called(`give back ${reservation}`, undefined),
    calls,
  };
}
