/** The whole page: header, table, overview, and beside them the activity or an opened job. */
import { useSignal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals-core';
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Connection } from '../client/connection.ts';
import type { Actions } from './actions.ts';
import { ActivityList } from './activityList.ts';
import { turnTo, type Address } from './address.ts';
import { Announcer } from './announcer.ts';
import type { Bulk } from './bulk.ts';
import type { BulkPlan } from './bulkPlan.ts';
import { BulkStrip } from './bulkStrip.ts';
import { Dialogs, type OpenDialog } from './dialogs.ts';
import type { FullJob, JobTypeInfo } from './documents.ts';
import { ErrorsPage } from './errorsPage.ts';
import { FilterBar } from './filterBar.ts';
import { Header } from './header.ts';
import type { Insights } from './insights.ts';
import type { FeedState } from './jobList.ts';
import { JobPanel } from './jobPanel.ts';
import { JobTable } from './jobTable.ts';
import { messageOf } from './messageOf.ts';
import { useOperatePage } from './operatePage.ts';
import { OperateView } from './operateView.ts';
import type { Operations } from './operations.ts';
import { Overview } from './overview.ts';
import type { QueueGauge } from './queueGauge.ts';
import { searchBoxId } from './searchBox.ts';
import { nothingSelected, type Selection } from './selection.ts';
import { moveToRow, selectRow, useShortcuts, type Shortcut } from './shortcuts.ts';
import type { Site } from './site.ts';
import { TokenForm } from './tokenForm.ts';
import { StatisticsPage } from './statisticsPage.ts';
import { useJobList } from './useJobList.ts';
import { useViewer } from './useViewer.ts';
import type { Workflows } from './workflows.ts';
import { WorkflowsView } from './workflowsView.ts';

export interface AppProps {
  readonly connection: Connection;
  readonly feed: Signal<FeedState>;
  readonly gauge: QueueGauge;
  readonly actions: Actions;
  readonly operations: Operations;
  readonly insights: Insights;
  readonly bulk: Bulk;
  readonly workflows: Workflows;
  readonly address: ReadonlySignal<Address>;
  readonly site: Site;
}

export function App(props: AppProps): ComponentChildren {
  const { connection, feed, gauge, actions, operations, insights, bulk, workflows, address: addressSignal, site } = props;
  const address = addressSignal.value;
  const { jobId, view } = address;
  const list = useJobList({ connection, feed, address });
  const types = useTypes(actions);
  const viewer = useViewer(operations);
  const page = useOperatePage();
  const selected = useSignal<Selection>(nothingSelected);
  const [dialog, setDialog] = useState<OpenDialog | undefined>();
  const [notice, setNotice] = useState('');
  const { stuckAfterMs } = site;
  const isAdmin = site.wantsToken && viewer?.isAdmin === true;

  /** Only failures are reported: a success is visible on the page. */
  const attempt = (action: Promise<void>): void => {
    action.then(
      () => setNotice(''),
      (error: unknown) => setNotice(messageOf(error)),
    );
  };
  const onRetry = (id: string): void => attempt(actions.retry(id));
  const onCancel = (id: string): void => attempt(actions.cancel(id));
  const onCreate = (): void => setDialog({ kind: 'create', from: undefined });
  const onBulk = (plan: BulkPlan): void => setDialog({ kind: 'bulk', plan });
  const onShortcuts = (): void => setDialog({ kind: 'shortcuts' });

  // A dialog reports that it was closed a moment later, when another may already be open.
  const onClose = (): void => setDialog((open) => (open === dialog ? undefined : open));

  const shortcuts = useMemo<readonly Shortcut[]>(
    () => [
      { key: 'n', meaning: 'New job', run: onCreate },
      { key: '/', meaning: 'Find a job', run: () => document.getElementById(searchBoxId)?.focus() },
      { key: 'j', meaning: 'Next row', run: () => moveToRow(1) },
      { key: 'k', meaning: 'Previous row', run: () => moveToRow(-1) },
      { key: 'x', meaning: 'Select the row, or no longer', run: () => selectRow(false) },
      { key: 'X', meaning: 'Select from the last one to this row', run: () => selectRow(true) },
      { key: '?', meaning: 'This list', run: onShortcuts },
    ],
    [],
  );
  useShortcuts(shortcuts);

  return html`<div class="app">
    <${Header} address=${address} feed=${feed} site=${site} onCreate=${onCreate} onShortcuts=${onShortcuts} />
    ${
      page === undefined
        ? html`<main class=${mainClass(address)}>
            ${feed.value === 'refused' && html`<${TokenForm} problem=${list.state.value.problem} />`}
            ${view === 'errors' && html`<${ErrorsPage} address=${address} insights=${insights} isAdmin=${isAdmin} onBulk=${onBulk} />`}
            ${
              view === 'workflows' &&
              html`<${WorkflowsView}
                address=${address}
                connection=${connection}
                workflows=${workflows}
                actions=${actions}
                isAdmin=${isAdmin}
              />`
            }
            ${view === 'statistics' && html`<${StatisticsPage} address=${address} insights=${insights} isAdmin=${isAdmin} />`}
            ${
              view === 'jobs' &&
              html`<section class="jobs card" aria-labelledby="jobs-title">
                  <${FilterBar} address=${address} types=${types} actions=${actions} isAdmin=${isAdmin} onBulk=${onBulk} />
                  <${BulkStrip} bulk=${bulk} />
                  <${JobTable}
                    list=${list}
                    feed=${feed}
                    address=${address}
                    selected=${selected}
                    stuckAfterMs=${stuckAfterMs}
                    actions=${actions}
                    onRetry=${onRetry}
                    onCancel=${onCancel}
                    onCreate=${onCreate}
                  />
                </section>
                <${Overview} gauge=${gauge} list=${list} insights=${insights} address=${address} />`
            }
            ${
              jobId === undefined
                ? view === 'jobs' && html`<${ActivityList} list=${list} address=${address} />`
                : html`<${JobPanel}
                    key=${jobId}
                    connection=${connection}
                    operations=${operations}
                    workflows=${workflows}
                    viewer=${viewer}
                    list=${list}
                    jobId=${jobId}
                    site=${site}
                    actions=${actions}
                    onClose=${() => turnTo({ ...address, jobId: undefined })}
                    onReplay=${(from: FullJob) => setDialog({ kind: 'create', from })}
                  />`
            }
          </main>`
        : html`<main class="main operate">
            ${feed.value === 'refused' && html`<${TokenForm} problem=${list.state.value.problem} />`}
            <${OperateView} page=${page} operations=${operations} viewer=${viewer} gauge=${gauge} types=${types} owner=${address.owner} />
          </main>`
    }
    <${Dialogs}
      dialog=${dialog}
      types=${types}
      actions=${actions}
      bulk=${bulk}
      address=${address}
      shortcuts=${shortcuts}
      onClose=${onClose}
    />
    <${Notice} text=${notice} onDismiss=${() => setNotice('')} />
    <${Announcer} list=${list} />
  </div>`;
}

function mainClass({ view, jobId }: Address): string {
  if (jobId !== undefined) return 'main has-panel';
  return view === 'jobs' ? 'main' : 'main is-wide';
}

function useTypes(actions: Pick<Actions, 'types'>): readonly JobTypeInfo[] {
  const [types, setTypes] = useState<readonly JobTypeInfo[]>([]);
  useEffect(() => {
    actions.types().then(setTypes, () => undefined);
  }, [actions]);
  return types;
}

interface NoticeProps {
  readonly text: string;
  readonly onDismiss: () => void;
}

function Notice({ text, onDismiss }: NoticeProps): ComponentChildren {
  return html`<div class="notice-place" role="alert">
    ${
      text !== '' &&
      html`<div class="notice">
        <span>${text}</span>
        <button type="button" class="quiet" onClick=${onDismiss} aria-label="Dismiss">✕</button>
      </div>`
    }
  </div>`;
}
