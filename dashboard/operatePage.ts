/** The present page, kept in the address: `#page=workers`; without one, the jobs. */
import { useEffect, useState } from 'preact/hooks';

export const operatePages = [
  { page: 'schedules', name: 'Schedules' },
  { page: 'types', name: 'Job types' },
  { page: 'queues', name: 'Queues' },
  { page: 'workers', name: 'Workers' },
] as const;
export type OperatePage = (typeof operatePages)[number]['page'];

function readOperatePage(): OperatePage | undefined {
  const named = new URLSearchParams(location.hash.slice(1)).get('page');
  return operatePages.find(({ page }) => page === named)?.page;
}

export function formatOperatePage(page: OperatePage, owner?: string): string {
  return `#${new URLSearchParams({ page, ...(owner === undefined ? {} : { owner }) }).toString()}`;
}

/** Undefined: the page of jobs. */
export function useOperatePage(): OperatePage | undefined {
  const [page, setPage] = useState(readOperatePage);
  useEffect(() => {
    const onHashChange = (): void => setPage(readOperatePage());
    addEventListener('hashchange', onHashChange);
    return () => removeEventListener('hashchange', onHashChange);
  }, []);
  return page;
}
