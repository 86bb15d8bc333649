/** Why jobs failed, by kind: the kinds with most jobs first, each with a link to its jobs, and a button that retries them all. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useCallback } from 'preact/hooks';
import { formatAddress, spans, turnTo, type Address } from './address.ts';
import type { BulkPlan } from './bulkPlan.ts';
import { filterOf, whoseOf, whoseWords } from './filterOf.ts';
import type { ErrorGroup, Insights, JobErrors } from './insights.ts';
import { countOf } from './jobRecord.ts';
import { relativeTime } from './localTime.ts';
import { spanNames } from './narrowing.ts';
import { OwnerField } from './ownerField.ts';
import { useNow } from './useNow.ts';
import { usePolled } from './usePolled.ts';

export interface ErrorsPageProps {
  readonly address: Address;
  readonly insights: Pick<Insights, 'errors'>;
  readonly isAdmin: boolean;
  readonly onBulk: (plan: BulkPlan) => void;
}

const readEveryMs = 15_000;
const failed = ['FAILED', 'FAILED_FINAL'] as const;

export function ErrorsPage({ address, insights, isAdmin, onBulk }: ErrorsPageProps): ComponentChildren {
  const { owner, allOwners } = address;
  const asked = formatAddress({ ...address, jobId: undefined });
  const read = useCallback(
    () => insights.errors({ ...filterOf(address, Date.now()), status: failed }, whoseOf(address)),
    [insights, asked],
  );
  const { value: errors, problem } = usePolled(read, readEveryMs);
  const groups = errors?.groups ?? [];
  const onSpan = ({ currentTarget: { value } }: { readonly currentTarget: HTMLSelectElement }): void =>
    turnTo({ ...address, span: spans.find((span) => span === value) });
  return html`<section class="insight card" aria-labelledby="errors-title">
    <div class="insight-head">
      <h2 id="errors-title">${`Errors of ${whoseWords(address)}`}</h2>
      <span class="muted">${errors !== undefined && lookedText(errors)}</span>
      <span class="spacer"></span>
      ${(isAdmin || owner !== undefined || allOwners) && html`<${OwnerField} key=${owner ?? ''} address=${address} />`}
      <select aria-label="Filter by time" value=${address.span ?? ''} onChange=${onSpan}>
        <option value="">Any time</option>
        ${spans.map((span) => html`<option key=${span} value=${span}>${spanNames[span]}</option>`)}
      </select>
    </div>
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    ${errors === undefined && problem === undefined && html`<div class="empty"><p>Loading …</p></div>`}
    ${errors !== undefined && groups.length === 0 && html`<div class="empty"><p>No job has failed. Those that do are grouped here by why.</p></div>`}
    ${groups.length > 0 && html`<${ErrorTable} groups=${groups} address=${address} onBulk=${onBulk} />`}
  </section>`;
}

function lookedText({ looked, isComplete }: JobErrors): string {
  if (looked === 0) return '';
  return isComplete ? `${countOf(looked)} failed` : `of the newest ${countOf(looked)} that failed`;
}

interface ErrorTableProps extends Pick<ErrorsPageProps, 'address' | 'onBulk'> {
  readonly groups: readonly ErrorGroup[];
}

function ErrorTable({ groups, address, onBulk }: ErrorTableProps): ComponentChildren {
  const now = useNow(10_000);
  const most = Math.max(...groups.map(({ count }) => count));
  return html`<div class="table-scroll" tabindex=${0} role="region" aria-label="Errors by kind">
    <table class="insight-table errors-table">
      <caption class="hidden">
        Errors by kind, those of most jobs first
      </caption>
      <thead>
        <tr>
          <th scope="col">Error</th>
          <th scope="col" class="number">Jobs</th>
          <th scope="col" class="wide-only">First seen</th>
          <th scope="col" class="wide-only">Last seen</th>
          <th scope="col" class="actions">Actions</th>
        </tr>
      </thead>
      <tbody>
        ${groups.map((group) => html`<${ErrorRow} key=${group.fingerprint} ...${{ group, most, now, address, onBulk }} />`)}
      </tbody>
    </table>
  </div>`;
}

interface ErrorRowProps extends Pick<ErrorsPageProps, 'address' | 'onBulk'> {
  readonly group: ErrorGroup;
  /** The number of jobs in the largest group. */
  readonly most: number;
  readonly now: number;
}

function ErrorRow({ group, most, now, address, onBulk }: ErrorRowProps): ComponentChildren {
  const { fingerprint, type, code, message, count, firstSeenAt, lastSeenAt, lastJob } = group;
  const itsJobs: Address = { ...address, view: 'jobs', jobId: undefined, type, error: fingerprint };
  const onRetry = (): void => {
    const known = code === 'OTHER' ? {} : { errorCode: code };
    const filter = { ...filterOf(itsJobs, Date.now()), status: failed, ...known };
    onBulk({ action: 'RETRY', filter, whose: whoseOf(address), message });
  };
  return html`<tr>
    <th scope="row">
      <a class="error-message" href=${formatAddress(itsJobs)} title=${lastJob.error?.message}>${message}</a>
      <span class="error-kind"><code>${code}</code> <span>${type}</span></span>
      <span class="narrow-only muted">${`last ${relativeTime(lastSeenAt, now)}`}</span>
    </th>
    <td class="number">
      ${count.toLocaleString()}
      <meter class="share" min="0" max=${most} value=${count} aria-hidden="true"></meter>
    </td>
    <td class="wide-only"><${Seen} at=${firstSeenAt} now=${now} /></td>
    <td class="wide-only">
      <a href=${formatAddress({ ...address, jobId: lastJob.jobId })}><${Seen} at=${lastSeenAt} now=${now} /></a>
    </td>
    <td class="actions">
      <button type="button" class="small" aria-label=${`Retry all jobs that failed so: ${message}`} onClick=${onRetry}>Retry …</button>
    </td>
  </tr>`;
}

function Seen({ at, now }: { readonly at: string; readonly now: number }): ComponentChildren {
  return html`<time dateTime=${at} title=${new Date(at).toLocaleString()}>${relativeTime(at, now)}</time>`;
}
