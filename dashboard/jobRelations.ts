/** The relations of an opened job: its workflow and its neighbours there, its parent and children, and its finished steps. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { isFinal } from '../client/job.ts';
import { formatAddress, readAddress } from './address.ts';
import type { FullJob } from './documents.ts';
import { timeOfDay } from './durations.ts';
import { shortId } from './jobRecord.ts';
import { SignalDialog } from './signalDialog.ts';
import { statusNames } from './statusBadge.ts';
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
  const { jobId, version, status, type, waitingReason } = job;
  const read = useCallback(() => workflows.relations(jobId), [workflows, jobId, version]);
  const { value, problem, refresh } = usePolled(read, isFinal(status) ? 0 : pollEveryMs);
  const [isSignalling, setSignalling] = useState(false);
  return html`
    ${
      waitingReason === 'SIGNAL' &&
      html`<div class="row"><button type="button" class="primary" onClick=${() => setSignalling(true)}>Send a signal …</button></div>`
    }
    ${
      isSignalling &&
      html`<${SignalDialog}
        jobId=${jobId}
        jobName=${value?.workflowJobName ?? type}
        workflows=${workflows}
        onSent=${() => void refresh()}
        onClose=${() => setSignalling(false)}
      />`
    }
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    ${value !== undefined && html`<${Relations} value=${value} />`}
  `;
}

function Relations({ value }: { readonly value: JobRelations }): ComponentChildren {
  const { workflow, workflowJobName, dependsOn, dependants, parent, children, steps } = value;
  const made = children.edges.map(({ node }): RelatedJob => ({ ...node, name: null }));
  const hasMore = children.pageInfo.hasNextPage;
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
      (parent !== null || made.length > 0) &&
      html`<section class="relations" aria-labelledby="family-title">
        <h3 id="family-title">Parent and children</h3>
        ${parent !== null && html`<${Related} title="Made by" jobs=${[{ ...parent, name: null }]} />`}
        <${Related} title=${hasMore ? `Made ${made.length} jobs and more` : 'Made'} jobs=${made} />
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

const mostShown = 20;

function Related({ title, jobs }: { readonly title: string; readonly jobs: readonly RelatedJob[] }): ComponentChildren {
  if (jobs.length === 0) return null;
  const address = readAddress();
  return html`<div class="related">
    <span class="muted">${title}</span>
    <ul>
      ${jobs.slice(0, mostShown).map(
        ({ jobId, name, type, status }) =>
          html`<li key=${jobId}>
            <a href=${formatAddress({ ...address, jobId })} class=${`related-job is-${status ?? 'PENDING'}`}>
              <span class="dot" aria-hidden="true"></span>
              ${name ?? `${type ?? ''} ${shortId(jobId)}`}
              <span class="hidden">${`: ${status === null ? 'is being made' : statusNames[status]}`}</span>
            </a>
          </li>`,
      )}
      ${jobs.length > mostShown && html`<li class="muted">${`and ${jobs.length - mostShown} more`}</li>`}
    </ul>
  </div>`;
}
