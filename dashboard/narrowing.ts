/** The filters of a list, in words. */
import type { Span } from './address.ts';
import type { Filter, Whose } from './documents.ts';
import { statusNames } from './statusBadge.ts';

export const spanNames: Readonly<Record<Span, string>> = {
  '15m': 'Last 15 minutes',
  '1h': 'Last hour',
  '1d': 'Last day',
  '7d': 'Last 7 days',
};

/** A few words each, as on a chip. */
export function wordsOf(filter: Filter, { owner, allOwners = false }: Whose): readonly string[] {
  const { status, type, tags = [], errorFingerprint, createdAfter, createdBefore } = filter;
  return [
    ...(allOwners ? ['all owners'] : []),
    ...(owner === undefined ? [] : [`of ${owner}`]),
    ...(status === undefined ? [] : [status.map((one) => statusNames[one].toLowerCase()).join(' or ')]),
    ...(type === undefined ? [] : [`type ${type.join(' or ')}`]),
    ...tags.map((tag) => `tag ${tag}`),
    ...(errorFingerprint === undefined ? [] : ['one kind of error']),
    ...timeWords(createdAfter, createdBefore),
  ];
}

/** When the jobs were handed in. */
function timeWords(from: string | undefined, to: string | undefined): readonly string[] {
  const said = (at: string): string => new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  if (from !== undefined && to !== undefined) return [`from ${said(from)} to ${said(to)}`];
  if (from !== undefined) return [`since ${said(from)}`];
  return to === undefined ? [] : [`before ${said(to)}`];
}
