/** The object store of tests whose handlers touch no files. */
import type { ObjectEngine } from '../../core/objects.ts';

export const noObjects: ObjectEngine = {
  read: () => {
    throw new Error('there are no objects here');
  },
  write: () => Promise.reject(new Error('there are no objects here')),
};
