/** All the data of one job. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import type { Connection } from '../client/connection.ts';
import { isFinal } from '../client/job.ts';
import { AttemptList } from './attemptList.ts';
import { CopyButton } from './copyButton.ts';
import type { FullJob } from './documents.ts';
import { JobFacts } from './jobFacts.ts';
import { JobSlots } from './jobSlots.ts';
import { LogView, type AttemptKey } from './logView.ts';
import type { Operations } from './operations.ts';
import { OutputList } from './outputList.ts';
import type { Viewer } from './panelDocuments.ts';
import { ProgressBar } from './progressBar.ts';
import { StatusBadge } from './statusBadge.ts';
import { Timeline } from './timelineView.ts';
import { traceUrlOf } from './traceUrl.ts';
import { pollEveryMs, usePolled } from './usePolled.ts';
import { WaitNote } from './waitNote.ts';
import { JobRelationsView } from './jobRelations.ts';
import type { Workflows } from './workflows.ts';

export interface JobDetailsProps {
  readonly job: FullJob;
  readonly connection: Connection;
  readonly operations: Operations;
  readonly workflows: Workflows;
  /** Undefined until the server has answered. */
  readonly viewer: Viewer | undefined;
  readonly traceUrlTemplate: string;
}

export function JobDetails({ job, connection, operations, workflows, viewer, traceUrlTemplate }: JobDetailsProps): ComponentChildren {
  const { jobId, status, version, error, params, result, outputs, traceId, attempts: begun } = job;
  const traceUrl = traceUrlOf(traceUrlTemplate, traceId);
  const [attempt, setAttempt] = useState<AttemptKey | undefined>();
  // Read again with each change; within a receive, attempts follow each other without a change of status.
  const read = useCallback(() => operations.attempts(jobId), [operations, jobId, version, begun]);
  const attempts = usePolled(read, isFinal(status) ? 0 : pollEveryMs);
  const onLog = (key: AttemptKey): void => {
    setAttempt(key);
    document.getElementById('log-title')?.scrollIntoView({ block: 'start' });
  };
  return html`
    <div class="panel-status">
      <${StatusBadge} status=${status} hasCode=${true} />
      <${WaitNote} job=${job} />
      ${status === 'PROCESSING' && html`<${ProgressBar} job=${job} />`}
    </div>
    ${
      error !== null &&
      html`<div class="failure">
        <strong>${error.code}</strong>
        <span class="muted">${` at attempt ${error.attempt}`}</span>
        <p>${error.message}</p>
      </div>`
    }
    <${JobSlots} job=${job} operations=${operations} viewer=${viewer} />
    <${JobRelationsView} job=${job} workflows=${workflows} />
    <${OutputList} outputs=${outputs} />
    <${Timeline} job=${job} />
    <${AttemptList} attempts=${attempts.value ?? []} problem=${attempts.problem} traceUrl=${traceUrl} onLog=${onLog} />
    <${LogView} connection=${connection} job=${job} attempt=${attempt} attempts=${attempts.value ?? []} onAttempt=${setAttempt} />
    ${result !== null && html`<${Json} title="Result" value=${result} />`}
    <${Json} title="Params" value=${params} />
    <${JobFacts} job=${job} traceUrl=${traceUrl} />
  `;
}

interface JsonProps {
  readonly title: string;
  readonly value: unknown;
}

function Json({ title, value }: JsonProps): ComponentChildren {
  const text = JSON.stringify(value, undefined, 2);
  const bytes = new TextEncoder().encode(text).length;
  return html`<section>
    <div class="row">
      <h3>${title}</h3>
      <span class="muted">${bytes > 1024 && `${Math.round(bytes / 1024)} KB`}</span>
      <span class="spacer"></span>
      <${CopyButton} name=${title.toLowerCase()} text=${text} />
    </div>
    <pre tabindex=${0} aria-label=${title}>${text}</pre>
  </section>`;
}
