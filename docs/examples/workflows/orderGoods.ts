/** An order that somebody approves; whatever fails, what was reserved is given back. */
import type { AnyJobTypes, JobTickets, Workflow } from 'job-tickets-client';

export async function orderGoods(client: JobTickets<AnyJobTypes>, orderId: string, amount: number): Promise<Workflow> {
  const { workflow } = await client.createWorkflow({
    name: orderId,
    // Ordered twice, it is one order.
    idempotencyKey: orderId,
    jobs: [
      { name: 'reserve', type: 'reserve_goods', params: { orderId } },
      { name: 'approve', type: 'await_approval', dependsOn: ['reserve'] },
      {
        name: 'charge',
        type: 'charge_customer',
        params: { amount },
        dependsOn: ['reserve', 'approve'],
        paramsFrom: [{ path: ['reservation'], job: 'reserve', resultPath: ['reservation'] }],
      },
      { name: 'giveBack', type: 'give_goods_back', dependsOn: ['reserve', 'charge'], whenDependencyFails: 'RUN' },
    ],
  });
  return workflow;
}
