/** `/dashboard/queues`: how full the queues are, for admins, and for everybody on an open server for development. */
import type { IncomingMessage } from 'node:http';
import { JobError } from '../core/errors.ts';
import type { Core } from '../core/usecases/core.ts';
import { queueDepths } from '../core/usecases/queueDepths.ts';
import type { Authenticate } from './auth.ts';

export const queueDepthsPath = '/dashboard/queues';

export interface QueueDepthsDeps {
  readonly core: Pick<Core, 'queues' | 'clock'>;
  readonly authenticate: Authenticate;
  /** Whether everybody may see them: tokens are not required, and it is not production. */
  readonly isOpen: boolean;
  /** The shortest time between two requests to the queues, however many callers there are. Default 1,000. */
  readonly maxAgeMs?: number;
}

export type AnswerQueueDepths = (
  headers: IncomingMessage['headers'],
) => Promise<{ readonly status: 200 | 401 | 403 | 503; readonly body: object }>;

export function createQueueDepths({ core, authenticate, isOpen, maxAgeMs = 1000 }: QueueDepthsDeps): AnswerQueueDepths {
  let known: { readonly at: number; readonly depths: ReturnType<typeof queueDepths> } | undefined;

  return async ({ authorization }) => {
    try {
      const { isAdmin } = await authenticate(authorization);
      if (!isOpen && !isAdmin) throw new JobError('FORBIDDEN', { message: 'The queues are shown to admins only.' });
      const now = core.clock.now();
      if (known === undefined || now - known.at > maxAgeMs) known = { at: now, depths: queueDepths(core) };
      return { status: 200, body: { queues: await known.depths } };
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      return { status: statusOf(error), body: { errors: [{ message: error.message, extensions: { code: error.code } }] } };
    }
  };
}

function statusOf({ code }: JobError): 401 | 403 | 503 {
  if (code === 'UNAUTHENTICATED') return 401;
  return code === 'FORBIDDEN' ? 403 : 503;
}
