/** PageInfo, as Relay's Cursor Connections Specification wants it. */
import type { Page } from '../core/usecases/listLogs.ts';
import { builder } from './builder.ts';

export const PageInfoType = builder.objectRef<Page<unknown>['pageInfo']>('PageInfo').implement({
  description: 'Whether there is more, and where to go on.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether more follow after these; of jobs: older ones.' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', { description: 'Whether others go before these; of jobs: newer ones.' }),
    startCursor: t.exposeString('startCursor', { nullable: true, description: 'Cursor of the first edge.' }),
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description: 'Cursor of the last edge: pass it as `after` for the next page.',
    }),
  }),
});
