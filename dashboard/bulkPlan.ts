/** The jobs of a bulk operation: those that the page shows, in the states that its action applies to. */
import { isFinal, type JobStatus } from '../client/job.ts';
import { statuses, type Address } from './address.ts';
import type { BulkAction, BulkOperation } from './bulk.ts';
import type { Filter, Whose } from './documents.ts';
import { filterOf, whoseOf } from './filterOf.ts';
import { countOf } from './jobRecord.ts';

export interface BulkPlan {
  readonly action: BulkAction;
  readonly filter: Filter;
  readonly whose: Whose;
  /** The one kind of error that its jobs have. */
  readonly message?: string;
}

const actsOn: Readonly<Record<BulkAction, readonly JobStatus[]>> = {
  RETRY: ['FAILED', 'FAILED_FINAL', 'CANCELLED'],
  CANCEL: statuses.filter((status) => !isFinal(status)),
};
/** Where no state is chosen, cancelled jobs are left out, because somebody meant to cancel them. */
const meant: Readonly<Record<BulkAction, readonly JobStatus[]>> = { RETRY: ['FAILED', 'FAILED_FINAL'], CANCEL: actsOn.CANCEL };

/** Undefined where the action applies to none of the jobs that are shown. */
export function bulkPlanOf(address: Address, action: BulkAction, now: number): BulkPlan | undefined {
  const { status, allOwners } = address;
  if (status !== undefined && !actsOn[action].includes(status)) return undefined;
  // Open jobs of all owners cannot be listed.
  if (allOwners && action === 'CANCEL') return undefined;
  const filter = { ...filterOf(address, now), status: status === undefined ? meant[action] : [status] };
  return { action, filter, whose: whoseOf(address) };
}

const words: Readonly<Record<BulkAction, { readonly would: string; readonly did: string; readonly does: string }>> = {
  RETRY: { would: 'retry', did: 'retried', does: 'Retrying' },
  CANCEL: { would: 'cancel', did: 'cancelled', does: 'Cancelling' },
};

export function wouldText(action: BulkAction, matched: number): string {
  return matched === 0 ? `There is no job to ${words[action].would}.` : `This would ${words[action].would} ${countOf(matched)}.`;
}

/** While it is running: `Retrying 40 of 132 jobs`. */
export function progressText({ action, done, skipped, failed }: BulkOperation, total: number): string {
  const so = done + skipped + failed;
  return `${words[action].does} ${so.toLocaleString()} of ${countOf(Math.max(total, so))} …`;
}

/** Once it has ended. */
export function outcomeText({ action, status, done, skipped, failed, errors }: BulkOperation): string {
  const parts = [
    status === 'ABORTED' ? 'Aborted.' : '',
    `${countOf(done)} ${words[action].did}.`,
    skipped === 0 ? '' : `${countOf(skipped)} had moved on meanwhile.`,
    failed === 0
      ? ''
      : `${countOf(failed)} could not be: ${errors.map(({ code, count }) => `${code} (${count.toLocaleString()})`).join(', ')}.`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}
