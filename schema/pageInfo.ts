/** PageInfo, as Relay's Cursor Connections Specification wants it. */
import type { Page } from '../core/usecases/listLogs.ts';
import { builder } from './builder.ts';

export const PageInfoType = builder.objectRef<Page<unknown>['pageInfo']>('PageInfo').implement({
  description: 'Whether there is more, and where to go on.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      description: 'Whether there is more behind this page: of jobs and deliveries older ones, of schedules later names.',
    }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', { description: 'Whether there is something before this page.' }),
    startCursor: t.exposeString('startCursor', { nullable: true, description: 'Cursor of the first edge.' }),
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description: 'Where the page ends, mostly at its last edge: pass it as `after` for the next page.',
    }),
  }),
});
