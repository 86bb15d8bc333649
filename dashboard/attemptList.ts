/** The attempts at a job: who made each, how long it took, how it ended, and why it failed. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { CopyButton } from './copyButton.ts';
import { between, formatDuration, timeOfDay } from './durations.ts';
import { keyOfAttempt, type AttemptKey } from './logView.ts';
import type { AttemptOutcome, AttemptRun } from './panelDocuments.ts';
import { useNow } from './useNow.ts';

const outcomes: Readonly<Record<AttemptOutcome, { readonly name: string; readonly kind: string; readonly meaning: string }>> = {
  SUCCEEDED: { name: 'Succeeded', kind: 'SUCCEEDED', meaning: 'Its result is the job’s' },
  FAILED: { name: 'Failed', kind: 'FAILED_FINAL', meaning: 'Its handler threw an error, or took too long' },
  CANCELLED: { name: 'Cancelled', kind: 'CANCELLED', meaning: 'A cancel was asked for, and it stopped' },
  RELEASED: { name: 'Given back', kind: 'PENDING', meaning: 'Its worker shut down and gave the job back; not counted as a failure' },
  SUSPENDED: {
    name: 'Waits',
    kind: 'PENDING',
    meaning: 'Its handler waits without a slot, and runs again when that is over; not counted as a failure',
  },
  LOST: { name: 'Worker lost', kind: 'FAILED', meaning: 'Its worker died, or stood still' },
};

export interface AttemptListProps {
  readonly attempts: readonly AttemptRun[];
  readonly problem: string | undefined;
  readonly traceUrl: string | undefined;
  readonly onLog: (attempt: AttemptKey) => void;
}

/** The newest first, because people usually look for it. */
export function AttemptList({ attempts, problem, traceUrl, onLog }: AttemptListProps): ComponentChildren {
  const hasGenerations = attempts.some(({ generation }) => generation > 1);
  return html`<section aria-labelledby="attempts-title">
    <div class="row">
      <h3 id="attempts-title">${attempts.length > 1 ? `Attempts (${attempts.length})` : 'Attempts'}</h3>
      <span class="spacer"></span>
      ${traceUrl !== undefined && html`<a class="trace-link" href=${traceUrl} target="_blank" rel="noreferrer">Trace ↗</a>`}
    </div>
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    ${attempts.length === 0 && problem === undefined && html`<p class="muted">None has begun yet.</p>`}
    <ol class="attempts">
      ${attempts
        .toReversed()
        .map((run) => html`<${AttemptItem} key=${keyOfAttempt(run)} run=${run} hasGenerations=${hasGenerations} onLog=${onLog} />`)}
    </ol>
  </section>`;
}

interface AttemptItemProps extends Pick<AttemptListProps, 'onLog'> {
  readonly run: AttemptRun;
  readonly hasGenerations: boolean;
}

function AttemptItem({ run, hasGenerations, onLog }: AttemptItemProps): ComponentChildren {
  const { generation, number, worker, startedAt, finishedAt, outcome, error } = run;
  const now = useNow(outcome === null ? 1000 : 60_000);
  const tookMs = between(startedAt, outcome === null ? now : finishedAt);
  const { name, kind, meaning } = outcome === null ? { name: 'Running', kind: 'PROCESSING', meaning: 'It is running' } : outcomes[outcome];
  return html`<li class=${`attempt is-${kind}`} data-attempt=${keyOfAttempt(run)} data-outcome=${outcome}>
    <div class="row attempt-head">
      <strong>${`#${number}`}</strong>
      ${hasGenerations && html`<span class="muted">${`generation ${generation}`}</span>`}
      <span class=${`badge is-${kind}`} title=${meaning}>
        <span class="dot" aria-hidden="true"></span>
        <span class="badge-name">${name}</span>
        <code class="badge-code">${outcome}</code>
      </span>
      <span class="spacer"></span>
      ${tookMs !== null && html`<span class="muted">${formatDuration(tookMs)}</span>`}
      ${startedAt !== null && html`<time dateTime=${startedAt} title=${spanOf(startedAt, finishedAt)}>${timeOfDay(startedAt)}</time>`}
      <button type="button" class="small quiet" aria-label=${`Log of attempt ${number}`} onClick=${() => onLog(keyOfAttempt(run))}>
        Log
      </button>
    </div>
    ${worker !== null && html`<p class="attempt-worker muted">${'by '}<code>${worker}</code></p>`}
    ${
      error !== null &&
      html`<div class="attempt-error">
        <p><code>${error.code}</code>${` ${error.message}`}</p>
        ${
          error.stack !== null &&
          html`<details>
            <summary>Stack</summary>
            <div class="stack">
              <${CopyButton} text=${error.stack} name="stack" />
              <pre tabindex=${0} aria-label=${`Stack of attempt ${number}`}>${error.stack}</pre>
            </div>
          </details>`
        }
      </div>`
    }
  </li>`;
}

function spanOf(startedAt: string, finishedAt: string | null): string {
  const end = finishedAt === null ? '' : ` to ${new Date(finishedAt).toLocaleString()}`;
  return `${new Date(startedAt).toLocaleString()}${end}`;
}
