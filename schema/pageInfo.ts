/** PageInfo, as specified by Relay's Cursor Connections Specification. */
import type { Page } from '../core/usecases/listLogs.ts';
import { builder } from './builder.ts';

export const PageInfoType = builder.objectRef<Page<unknown>['pageInfo']>('PageInfo').implement({
  description: 'Whether there are more pages, and where to continue.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      description: 'Whether there is more after this page: of jobs and deliveries older ones, of schedules later names.',
    }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', { description: 'Whether there is something before this page.' }),
    startCursor: t.exposeString('startCursor', { nullable: true, description: 'Cursor of the first edge.' }),
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description: 'The end of the page, usually the cursor of its last edge: pass it as `after` for the next page.',
    }),
  }),
});
