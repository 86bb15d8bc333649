/**
 * Tags as items of their own, in the index of places by owner and tag, in the order of creation. They are written before the
 * record that has them, so that no job can be missing, and never changed. A rank contains, beside the job's id, its type and
 * its other tags, so that jobs without all the requested tags cost no read of their own.
 */
import { createHash } from 'node:crypto';
import type { Job } from '../../job.ts';
import type { OwnerQuery } from '../jobTable.ts';
import { encode, type Item } from './codec.ts';
import { tagItemKey, tagPlace } from './definition.ts';
import type { Items } from './items.ts';
import type { PlaceRow, PlaceRows, ReadPlace } from './places.ts';

export type Tagged = Pick<Job, 'jobId' | 'owner' | 'type' | 'tags'>;

export interface Tags {
  keep(job: Tagged): Promise<void>;
  remove(job: Tagged): Promise<void>;
  /** Ids of the jobs that have all tags; see `listOwned`. */
  list(query: OwnerQuery & { readonly tags: readonly string[] }): Promise<readonly string[]>;
}

/** Rows of one read, where it is not known how many of them fit. */
const rowsARead = 1000;

export function createTags({ items, readPlace }: { readonly items: Items; readonly readPlace: ReadPlace }): Tags {
  return {
    async keep(job) {
      await Promise.all(tagItems(job).map((item) => items.put(item)));
    },

    async remove(job) {
      await Promise.all(rowsOf(job).map(({ pk }) => items.remove(pk)));
    },

    async list(query) {
      const { owner, tags, type, newestFirst, from, below, beyond, limit } = query;
      const range = newestFirst ? { from, below: least(below, beyond) } : { from: greatest(from, behind(beyond)), below };
      const read = (tag: string, cursor?: string, rows = rowsARead) =>
        readPlace({ place: tagPlace(owner, tag), ...range, descending: newestFirst, cursor, limit: rows });
      const types = type?.map(hashOf);
      const hashes = tags.map(hashOf);
      const fits = ([, ofType = '', ...ofTags]: readonly string[]): boolean =>
        (types === undefined || types.includes(ofType)) && hashes.every((hash) => ofTags.includes(hash));

      const firsts = await Promise.all(tags.map(async (tag) => ({ tag, page: await read(tag, undefined, limit) })));
      const rarest = firsts.reduce((one, other) => (isFurther(other.page, one.page, newestFirst) ? other : one));
      const jobIds: string[] = [];
      for (let { page } = rarest; ;) {
        const found = page.rows.map(({ rank }) => rank.split('#')).filter(fits);
        jobIds.push(...found.map(([jobId = '']) => jobId));
        if (page.next === undefined || jobIds.length >= limit) return jobIds.slice(0, limit);
        page = await read(rarest.tag, page.next);
      }
    },
  };
}

/** Whether as many rows of one tag reach further than those of the other: then it is the rarer tag. */
function isFurther(one: PlaceRows, other: PlaceRows, newestFirst: boolean): boolean {
  const [end, otherEnd] = [one, other].map(({ rows }) => rows.at(-1)?.rank ?? '');
  if (other.next === undefined || end === undefined || otherEnd === undefined) return false;
  return one.next === undefined || (newestFirst ? end < otherEnd : end > otherEnd);
}

/** As the table keeps them. */
export function tagItems(job: Tagged): readonly Item[] {
  return rowsOf(job).map((row) => encode(row));
}

function rowsOf({ jobId, owner, type, tags = [] }: Tagged): readonly (PlaceRow & { readonly place: string })[] {
  const rank = [jobId, hashOf(type), ...tags.map(hashOf)].join('#');
  return tags.map((tag) => ({ pk: tagItemKey(owner, tag, jobId), place: tagPlace(owner, tag), rank }));
}

/** 60 bits: if two tags have the same hash, the record tells them apart. */
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 10);

/** After all ranks of the job. */
const behind = (jobId: string | undefined): string | undefined => (jobId === undefined ? undefined : `${jobId}~`);

function least(one: string | undefined, other: string | undefined): string | undefined {
  return one === undefined || other === undefined ? (one ?? other) : one < other ? one : other;
}

function greatest(one: string | undefined, other: string | undefined): string | undefined {
  return one === undefined || other === undefined ? (one ?? other) : one > other ? one : other;
}
