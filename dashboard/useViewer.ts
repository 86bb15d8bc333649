/** The viewer, and what they may do, as the server knows them. */
import { useEffect, useState } from 'preact/hooks';
import type { Operations } from './operations.ts';
import type { Viewer } from './panelDocuments.ts';

/** Undefined until the server has answered; a refused token is reported elsewhere. */
export function useViewer(operations: Pick<Operations, 'viewer'>): Viewer | undefined {
  const [viewer, setViewer] = useState<Viewer | undefined>();
  useEffect(() => {
    operations.viewer().then(setViewer, () => undefined);
  }, [operations]);
  return viewer;
}
