/** Who asks, and what they may do: for pages that show what is not allowed before it is tried. */
import { builder } from './builder.ts';

interface Viewer {
  readonly owner: string;
  readonly isAdmin: boolean;
  readonly mayOperate: boolean;
}

const ViewerType = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who asks, as the server knows them.',
  fields: (t) => ({
    owner: t.exposeString('owner', { description: 'Whose jobs those are that they hand in: the subject of the token.' }),
    isAdmin: t.exposeBoolean('isAdmin', { description: 'Whether they may read and change everybody’s jobs: the scope `admin`.' }),
    mayOperate: t.exposeBoolean('mayOperate', {
      description: 'Whether they may pause, resume and limit what runs: the scope `admin`, or a server that is open for development.',
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerType,
    description: 'Who asks, and what they may do.',
    resolve: (_root, _arguments, { owner, isAdmin, mayOperate }) => ({ owner, isAdmin, mayOperate }),
  }),
);
