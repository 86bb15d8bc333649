/** The list for an address; another owner has another list. */
import type { Signal } from '@preact/signals-core';
import { useEffect, useMemo } from 'preact/hooks';
import type { Connection } from '../client/connection.ts';
import type { Address } from './address.ts';
import { filterOf, whoseOf } from './filterOf.ts';
import { createJobList, type FeedState, type JobList } from './jobList.ts';

export interface UseJobListOptions {
  readonly connection: Connection;
  readonly feed: Signal<FeedState>;
  readonly address: Address;
}

export function useJobList({ connection, feed, address }: UseJobListOptions): JobList {
  const { owner, allOwners, status, type, tag, error, span, from, to } = address;
  const list = useMemo(
    () => createJobList({ connection, feed, whose: whoseOf({ owner, allOwners }) }),
    [connection, feed, owner, allOwners],
  );
  useEffect(() => {
    const closing = new AbortController();
    void list.follow(closing.signal);
    return () => closing.abort();
  }, [list]);
  useEffect(() => list.narrow(() => filterOf(address, Date.now())), [list, status, type, tag, error, span, from, to]);
  return list;
}
