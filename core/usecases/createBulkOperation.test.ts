import { expect, test, describe } from 'vitest';
import { openBulkStage } from './testBulkStage.ts';

describe('a bulk operation that is created', () => {
  test('is refused where the filter is empty, or names only states that the action does not apply to', async () => {
    const { ask } = await openBulkStage();
    for (const filter of [{}, { tags: [] }, { jobIdPrefix: '' }, { type: undefined }]) {
      await expect(ask({ filter }), JSON.stringify(filter)).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        details: { path: ['filter'] },
      });
    }
    await expect(ask({ filter: { status: ['SUCCEEDED'] } })).rejects.toMatchObject({ details: { path: ['filter', 'status'] } });
    await expect(ask({ action: 'CANCEL', owner: undefined, filter: { type: ['x'] } })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    for (const perSecond of [0, 1001, 1.5]) await expect(ask({ perSecond })).rejects.toMatchObject({ details: { path: ['maxPerSecond'] } });
  });

  test('is one operation per key, and another input under the same key is refused', async () => {
    const stage = await openBulkStage();
    const [one, same] = await Promise.all([stage.ask({ idempotencyKey: 'k' }), stage.ask({ idempotencyKey: 'k' })]);
    expect(same.operationId).toBe(one.operationId);
    await expect(stage.ask({ idempotencyKey: 'k', action: 'CANCEL', filter: { type: ['x'] } })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect((await stage.ask({ idempotencyKey: 'k', createdBy: 'owner-2' })).operationId).not.toBe(one.operationId);
  });
});
