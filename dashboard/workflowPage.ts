/** One workflow: where it stands, its picture, its jobs in words, and what can be done to it; all of it live. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Connection } from '../client/connection.ts';
import { ActionNote } from './actionNote.ts';
import type { Actions } from './actions.ts';
import { formatAddress, turnTo, type Address } from './address.ts';
import { CopyButton } from './copyButton.ts';
import { formatDuration } from './durations.ts';
import { JobCounts, countsOf } from './jobCounts.ts';
import { relativeTime } from './localTime.ts';
import { openWorkflow, readAgainMs } from './openedWorkflow.ts';
import { SignalDialog } from './signalDialog.ts';
import { useAction } from './useAction.ts';
import { useNow } from './useNow.ts';
import { WorkflowBadge } from './workflowBadge.ts';
import type { ListedWorkflow, WorkflowJob } from './workflowDocuments.ts';
import { WorkflowGraphView } from './workflowGraphView.ts';
import { WorkflowJobList } from './workflowJobList.ts';
import type { Workflows } from './workflows.ts';

export interface WorkflowPageProps {
  readonly address: Address;
  readonly workflowId: string;
  readonly connection: Connection;
  readonly workflows: Workflows;
  readonly actions: Pick<Actions, 'retry'>;
}

export function WorkflowPage({ address, workflowId, connection, workflows, actions }: WorkflowPageProps): ComponentChildren {
  const opened = useMemo(() => openWorkflow(connection, workflows, workflowId), [connection, workflows, workflowId]);
  useEffect(() => opened.close, [opened]);
  const { workflow, jobs, problem } = opened.state.value;
  const byName = useMemo(() => new Map(jobs.map((job) => [job.workflowJobName, job])), [jobs]);
  const [signalled, setSignalled] = useState<WorkflowJob | undefined>();
  const action = useAction();
  const now = useNow(1000);
  const everyMs = readAgainMs(jobs.length);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || opened.refresh(), everyMs);
    return () => clearInterval(timer);
  }, [opened, everyMs]);

  const act = (work: () => Promise<void>, done: string): void => void action.run(work, done).then(opened.refresh);
  const onRetryAll = (): void => act(() => workflows.retry(workflowId), 'The failed jobs start again.');
  const onCancel = (): void => act(() => workflows.cancel(workflowId), 'Cancelled; what runs ends within a heartbeat of its worker.');
  const onRetry = ({ jobId, workflowJobName }: WorkflowJob): void => act(() => actions.retry(jobId), `${workflowJobName} starts again.`);
  const onSent = (told: string): void => {
    action.tell(told);
    opened.refresh();
  };
  const hasFailed = jobs.some(({ status }) => status === 'FAILED' || status === 'FAILED_FINAL');
  return html`<section class="workflow card" aria-labelledby="workflow-title">
    <div class="insight-head">
      <a class="quiet" href=${formatAddress({ ...address, workflowId: undefined, jobId: undefined })}>← Workflows</a>
      <h2 id="workflow-title">${workflow?.name ?? 'Workflow'}</h2>
      ${workflow !== undefined && html`<${WorkflowBadge} status=${workflow.status} />`}
      <span class="spacer"></span>
      ${hasFailed && html`<button type="button" class="primary" disabled=${action.isBusy} onClick=${onRetryAll}>Retry all that failed</button>`}
      ${
        workflow?.status === 'RUNNING' &&
        html`<button type="button" disabled=${action.isBusy} onClick=${onCancel}>Cancel the workflow</button>`
      }
    </div>
    <${ActionNote} action=${action} />
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    ${workflow === undefined && problem === undefined && html`<div class="empty"><p>Loading …</p></div>`}
    ${workflow !== undefined && html`<${WorkflowFacts} workflow=${workflow} jobs=${jobs} now=${now} />`}
    ${
      jobs.length > 0 &&
      html`<div class="workflow-parts">
        <${WorkflowGraphView}
          jobs=${byName}
          openedJobId=${address.jobId}
          now=${now}
          onOpen=${(jobId: string) => turnTo({ ...address, jobId })}
        />
        <${WorkflowJobList}
          jobs=${byName}
          address=${address}
          now=${now}
          isBusy=${action.isBusy}
          onRetry=${onRetry}
          onSignal=${setSignalled}
        />
      </div>`
    }
    ${
      signalled !== undefined &&
      html`<${SignalDialog}
        jobId=${signalled.jobId}
        jobName=${signalled.workflowJobName}
        awaited=${signalled.awaitedSignals}
        workflows=${workflows}
        onSent=${onSent}
        onClose=${() => setSignalled(undefined)}
      />`
    }
  </section>`;
}

interface WorkflowFactsProps {
  readonly workflow: ListedWorkflow;
  readonly jobs: readonly WorkflowJob[];
  readonly now: number;
}

function WorkflowFacts({ workflow, jobs, now }: WorkflowFactsProps): ComponentChildren {
  const { workflowId, tags, status, createdAt, finishedAt, error } = workflow;
  // The server’s clock may be ahead.
  const ended = finishedAt === null ? '' : relativeTime(finishedAt, Math.max(now, Date.parse(finishedAt)));
  const took = formatDuration((finishedAt === null ? now : Date.parse(finishedAt)) - Date.parse(createdAt));
  return html`<div class="workflow-facts">
    <${JobCounts} counts=${countsOf(jobs)} />
    <span class="muted" title=${new Date(createdAt).toLocaleString()}>
      ${finishedAt === null ? `began ${relativeTime(createdAt, now)}` : `took ${took}, ended ${ended}`}
    </span>
    ${tags.map((tag) => html`<span key=${tag} class="tag">${tag}</span>`)}
    <span class="row workflow-id"><code>${workflowId}</code><${CopyButton} name="workflow id" text=${workflowId} /></span>
    ${status === 'FAILED' && error !== null && html`<p class="failure"><strong>${error.code}</strong>${` ${error.message}`}</p>`}
  </div>`;
}
