/** The relations of an opened job: its workflow and its neighbours there, its parent and children, and its finished steps. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { isFinal, type JobStatus } from '../client/job.ts';
import { ActionNote } from './actionNote.ts';
import { formatAddress, readAddress } from './address.ts';
import type { FullJob } from './documents.ts';
import { timeOfDay } from './durations.ts';
import { countsOf, JobCounts } from './jobCounts.ts';
import { shortId } from './jobRecord.ts';
import { readAgainMs } from './openedWorkflow.ts';
import { SignalDialog } from './signalDialog.ts';
import { statusNames } from './statusBadge.ts';
import { useAction } from './useAction.ts';
import { pollEveryMs, usePolled } from './usePolled.ts';
import { WorkflowBadge } from './workflowBadge.ts';
import type { JobRelations, RelatedJob } from './workflowDocuments.ts';
import type { Workflows } from './workflows.ts';

export interface JobRelationsViewProps {
  readonly job: FullJob;
  readonly workflows: Pick<Workflows, 'relations' | 'sendSignal'>;
}

/** A job without relations shows nothing. */
export function JobRelationsView({ job, workflows }: JobRelationsViewProps): ComponentChildren {
  const { jobId, version, status, type, waitingReason, awaitedSignals } = job;
  const read = useCallback(() => workflows.relations(jobId), [workflows, jobId, version]);
  const [everyMs, setEveryMs] = useState(pollEveryMs);
  const { value, problem, refresh } = usePolled(read, isFinal(status) ? 0 : everyMs);
  // Many children are read less often, as the jobs of a large workflow are.
  const wantedMs = readAgainMs(value?.children.length ?? 0);
  useEffect(() => setEveryMs(wantedMs), [wantedMs]);
  const [isSignalling, setSignalling] = useState(false);
  const action = useAction();
  useEffect(action.clear, [jobId]);
  const onSent = (told: string): void => {
    action.tell(told);
    void refresh();
  };
  return html`
    ${
      waitingReason === 'SIGNAL' &&
      html`<div class="row"><button type="button" class="primary" onClick=${() => setSignalling(true)}>Send a signal …</button></div>`
    }
    ${
      isSignalling &&
      html`<${SignalDialog}
        jobId=${jobId}
        jobName=${value?.workflowJobName ?? value?.childName ?? type}
        awaited=${awaitedSignals}
        workflows=${workflows}
        onSent=${onSent}
        onClose=${() => setSignalling(false)}
      />`
    }
    <${ActionNote} action=${action} />
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    ${value !== undefined && html`<${Relations} value=${value} />`}
  `;
}

function Relations({ value }: { readonly value: JobRelations }): ComponentChildren {
  const { workflow, workflowJobName, childName, dependsOn, dependants, parent, children, steps } = value;
  return html`
    ${
      workflow !== null &&
      html`<section class="relations" aria-labelledby="workflow-of-title">
        <h3 id="workflow-of-title">Workflow</h3>
        <p class="row">
          <a href=${formatAddress({ ...readAddress(''), view: 'workflows', workflowId: workflow.workflowId })}>${workflow.name}</a>
          <${WorkflowBadge} status=${workflow.status} />
          <span class="muted">${`this is ${workflowJobName}`}</span>
        </p>
        <${Related} title="Begins after" jobs=${dependsOn} />
        <${Related} title="Before" jobs=${dependants} />
      </section>`
    }
    ${
      (parent !== null || children.length > 0) &&
      html`<section class="relations" aria-labelledby="family-title">
        <h3 id="family-title">Parent and children</h3>
        ${childName !== null && html`<p class="muted">${`this is ${childName}`}</p>`}
        ${parent !== null && html`<${Related} title="Made by" jobs=${[{ ...parent, name: null }]} />`}
        ${children.length > 1 && html`<p><${JobCounts} counts=${countsOf(children)} /></p>`}
        <${Related} title="Made" jobs=${children.toSorted(byUrgency)} />
      </section>`
    }
    ${
      steps.length > 0 &&
      html`<section class="relations" aria-labelledby="steps-title">
        <h3 id="steps-title">${steps.length > 1 ? `Steps (${steps.length})` : 'Steps'}</h3>
        <ol class="steps">
          ${steps.map(
            ({ name, finishedAt }) =>
              html`<li key=${name} class="row">
                <span>${name}</span><span class="spacer"></span>
                <time dateTime=${finishedAt} title=${new Date(finishedAt).toLocaleString()}>${timeOfDay(finishedAt)}</time>
              </li>`,
          )}
        </ol>
      </section>`
    }
  `;
}

/** Failed jobs come first, since people look for them, then those that are still open. */
const urgency: readonly (JobStatus | null)[] = ['FAILED_FINAL', 'FAILED', 'CANCELLED', 'PROCESSING', 'PENDING', null, 'SUCCEEDED'];
const names = new Intl.Collator(undefined, { numeric: true });

const byUrgency = (one: RelatedJob, other: RelatedJob): number =>
  urgency.indexOf(one.status) - urgency.indexOf(other.status) || names.compare(one.name ?? '', other.name ?? '');

const mostShown = 20;

function Related({ title, jobs }: { readonly title: string; readonly jobs: readonly RelatedJob[] }): ComponentChildren {
  const [most, setMost] = useState(mostShown);
  if (jobs.length === 0) return null;
  const address = readAddress();
  return html`<div class="related">
    <span class="muted">${title}</span>
    <ul>
      ${jobs.slice(0, most).map(
        ({ jobId, name, type, status }) =>
          html`<li key=${jobId}>
            <a href=${formatAddress({ ...address, jobId })} class=${`related-job is-${status ?? 'PENDING'}`}>
              <span class="dot" aria-hidden="true"></span>
              ${name ?? `${type ?? ''} ${shortId(jobId)}`}
              <span class="hidden">${`: ${status === null ? 'is being made' : statusNames[status]}`}</span>
            </a>
          </li>`,
      )}
      ${
        jobs.length > most &&
        html`<li><button type="button" class="small" onClick=${() => setMost(most + 100)}>${`and ${jobs.length - most} more`}</button></li>`
      }
    </ul>
  </div>`;
}
