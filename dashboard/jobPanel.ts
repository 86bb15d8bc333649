/** One job: its state, the actions on it, its attempts and log, and its params and result. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Connection } from '../client/connection.ts';
import type { FullJob } from './documents.ts';
import { JobDetails } from './jobDetails.ts';
import type { JobList } from './jobList.ts';
import { openJob } from './openedJob.ts';
import type { Operations } from './operations.ts';
import { PanelActions, type PanelActionsProps } from './panelActions.ts';
import type { Viewer } from './panelDocuments.ts';
import type { Site } from './site.ts';
import type { Workflows } from './workflows.ts';
import { pollEveryMs } from './usePolled.ts';

export interface JobPanelProps extends Pick<PanelActionsProps, 'actions'> {
  readonly connection: Connection;
  readonly operations: Operations;
  readonly workflows: Workflows;
  readonly viewer: Viewer | undefined;
  readonly list: JobList;
  readonly jobId: string;
  readonly site: Site;
  readonly onClose: () => void;
  readonly onReplay: (job: FullJob) => void;
}

export function JobPanel(props: JobPanelProps): ComponentChildren {
  const { connection, operations, workflows, viewer, list, jobId, site, actions, onClose, onReplay } = props;
  const opened = useMemo(() => openJob(connection, list, jobId), [connection, list, jobId]);
  useEffect(() => opened.close, [opened]);
  const { job, problem } = opened.state.value;
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    const before = document.activeElement;
    heading.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, [jobId]);
  // Why it waits can change without an event.
  useEffect(() => {
    if (job?.status !== 'PENDING') return undefined;
    const timer = setInterval(() => document.hidden || opened.refresh(), pollEveryMs);
    return () => clearInterval(timer);
  }, [opened, job?.status]);
  const onKeyDown = ({ key, target }: KeyboardEvent): void => {
    // An open dialog is closed by its own key.
    if (key === 'Escape' && !(target instanceof Element && target.closest('dialog') !== null)) onClose();
  };

  return html`<aside class="aside card panel" aria-labelledby="panel-title" onKeyDown=${onKeyDown} data-opened=${jobId}>
    <div class="panel-head">
      <h2 id="panel-title" ref=${heading} tabindex=${-1}>${job?.type ?? 'Job'}</h2>
      <span class="spacer"></span>
      <button type="button" class="quiet" onClick=${onClose} aria-label="Close">✕</button>
    </div>
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    ${
      job !== undefined &&
      html`<${PanelActions}
          job=${job}
          stuckAfterMs=${site.stuckAfterMs}
          actions=${actions}
          operations=${operations}
          onChanged=${opened.refresh}
          onReplay=${onReplay}
        />
        <${JobDetails}
          job=${job}
          connection=${connection}
          operations=${operations}
          workflows=${workflows}
          viewer=${viewer}
          traceUrlTemplate=${site.traceUrlTemplate}
        />`
    }
    ${job === undefined && problem === undefined && html`<p class="muted">Loading …</p>`}
  </aside>`;
}
