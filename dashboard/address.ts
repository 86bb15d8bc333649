/** What the page shows, kept in its address, so that it can be linked to and the back button works. */
import type { JobStatus } from '../client/job.ts';
import type { WorkflowStatus } from '../client/workflows.ts';

/** The pages; the address of the first one has no `page`. */
export const views = ['jobs', 'workflows', 'errors', 'statistics'] as const;
export type View = (typeof views)[number];

/** How far back a list reaches, counted from now. */
export const spans = ['15m', '1h', '1d', '7d'] as const;
export type Span = (typeof spans)[number];

export interface Address {
  readonly view: View;
  readonly jobId: string | undefined;
  /** The opened workflow, on the page of workflows. */
  readonly workflowId: string | undefined;
  readonly workflowStatus: WorkflowStatus | undefined;
  readonly status: JobStatus | undefined;
  readonly type: string | undefined;
  readonly tag: string | undefined;
  /** Fingerprint of an error. */
  readonly error: string | undefined;
  readonly span: Span | undefined;
  /** Instead of a span: times as of RFC 3339. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The owner of the jobs; `undefined`: the caller. */
  readonly owner: string | undefined;
  /** Instead of one owner. */
  readonly allOwners: boolean;
}

export const statuses = [
  'PENDING',
  'PROCESSING',
  'SUCCEEDED',
  'FAILED',
  'FAILED_FINAL',
  'CANCELLED',
] as const satisfies readonly JobStatus[];

export const workflowStatuses = ['RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const satisfies readonly WorkflowStatus[];

/** Of `#owner=alice&status=FAILED&type=resize_image&job=01J…`. */
export function readAddress(hash = location.hash): Address {
  const given: Readonly<Partial<Record<string, string>>> = Object.fromEntries(new URLSearchParams(hash.slice(1)));
  const { page, job, status, type, tag, error, span, from, to, owner } = given;
  return {
    view: views.find((view) => view === page) ?? 'jobs',
    jobId: job,
    workflowId: given['workflow'],
    workflowStatus: workflowStatuses.find((one) => one === given['workflow-status']),
    status: statuses.find((one) => one === status),
    type,
    tag,
    error,
    owner,
    span: spans.find((one) => one === span),
    from: timeOf(from),
    to: timeOf(to),
    allOwners: given['all-owners'] !== undefined,
  };
}

export function formatAddress({ view, jobId, workflowId, workflowStatus, allOwners, ...narrowing }: Address): string {
  const { owner, status, type, tag, error, span, from, to } = narrowing;
  const named = {
    page: view === 'jobs' ? undefined : view,
    'all-owners': allOwners ? 'yes' : undefined,
    owner,
    status,
    type,
    tag,
    error,
    span,
    from,
    to,
    'workflow-status': workflowStatus,
    workflow: workflowId,
    job: jobId,
  };
  const given = Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return `#${new URLSearchParams(given).toString()}`;
}

export function turnTo(address: Address): void {
  location.hash = formatAddress(address);
}

/** Only whose jobs it shows. */
export function withoutFilter({ view, owner, allOwners }: Address): Address {
  const none = {
    jobId: undefined,
    workflowId: undefined,
    workflowStatus: undefined,
    status: undefined,
    type: undefined,
    tag: undefined,
    error: undefined,
  };
  return { view, owner, allOwners, ...none, span: undefined, from: undefined, to: undefined };
}

/** A text that somebody typed into the address may not be valid. */
function timeOf(text: string | undefined): string | undefined {
  return text === undefined || Number.isNaN(Date.parse(text)) ? undefined : text;
}
