/** The caller, and what they may do: for pages that show in advance what is not allowed. */
import { builder } from './builder.ts';

interface Viewer {
  readonly owner: string;
  readonly isAdmin: boolean;
  readonly mayOperate: boolean;
}

const ViewerType = builder.objectRef<Viewer>('Viewer').implement({
  description: 'The caller, as the server knows them.',
  fields: (t) => ({
    owner: t.exposeString('owner', { description: 'The owner of the jobs that they hand in: the subject of their token.' }),
    isAdmin: t.exposeBoolean('isAdmin', { description: 'Whether they may read and change everybody’s jobs: the scope `admin`.' }),
    mayOperate: t.exposeBoolean('mayOperate', {
      description: 'Whether they may pause, resume and limit what runs: the scope `admin`, or a server that is open for development.',
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerType,
    description: 'The caller, and what they may do.',
    resolve: (_root, _arguments, { owner, isAdmin, mayOperate }) => ({ owner, isAdmin, mayOperate }),
  }),
);
