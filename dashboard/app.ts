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
import { Dialogs, type OpenDialog } from './dialogs.ts';
import type { FullJob, JobTypeInfo } from './documents.ts';
import { FilterBar } from './filterBar.ts';
import { Header } from './header.ts';
import { createJobList, type FeedState, type JobList } from './jobList.ts';
import { JobPanel } from './jobPanel.ts';
import { JobTable } from './jobTable.ts';
import type { Operations } from './operations.ts';
import { Overview } from './overview.ts';
import type { QueueGauge } from './queueGauge.ts';
import { searchBoxId } from './searchBox.ts';
import { moveToRow, selectRow, useShortcuts, type Shortcut } from './shortcuts.ts';
import type { Site } from './site.ts';
import { TokenForm } from './tokenForm.ts';
import { useViewer } from './useViewer.ts';

export interface AppProps {
  readonly connection: Connection;
  readonly feed: Signal<FeedState>;
  readonly gauge: QueueGauge;
  readonly actions: Actions;
  readonly operations: Operations;
  readonly address: ReadonlySignal<Address>;
  readonly site: Site;
}

export function App({ connection, feed, gauge, actions, operations, address: addressSignal, site }: AppProps): ComponentChildren {
  const address = addressSignal.value;
  const { jobId } = address;
  const list = useJobList({ connection, feed, address });
  const types = useTypes(actions);
  const viewer = useViewer(operations);
  const selected = useSignal<ReadonlySet<string>>(new Set());
  const [dialog, setDialog] = useState<OpenDialog | undefined>();
  const [notice, setNotice] = useState('');
  const { stuckAfterMs } = site;
  const isAdmin = site.wantsToken && gauge.samples.value.length > 0;

  /** What goes wrong is told, and what goes right shows by itself. */
  const attempt = (action: Promise<void>): void => {
    action.then(
      () => setNotice(''),
      (error: unknown) => setNotice(error instanceof Error ? error.message : String(error)),
    );
  };
  const onRetry = (id: string): void => attempt(actions.retry(id));
  const onCancel = (id: string): void => attempt(actions.cancel(id));
  const onCreate = (): void => setDialog({ kind: 'create', from: undefined });
  const onShortcuts = (): void => setDialog({ kind: 'shortcuts' });

  // A dialog says that it was closed a moment later, when another may already be open.
  const onClose = (): void => setDialog((open) => (open === dialog ? undefined : open));

  const shortcuts = useMemo<readonly Shortcut[]>(
    () => [
      { key: 'n', meaning: 'New job', run: onCreate },
      { key: '/', meaning: 'Find a job', run: () => document.getElementById(searchBoxId)?.focus() },
      { key: 'j', meaning: 'Next row', run: () => moveToRow(1) },
      { key: 'k', meaning: 'Previous row', run: () => moveToRow(-1) },
      { key: 'x', meaning: 'Select the row, or no longer', run: selectRow },
      { key: '?', meaning: 'This list', run: onShortcuts },
    ],
    [],
  );
  useShortcuts(shortcuts);

  return html`<div class="app">
    <${Header} address=${address} feed=${feed} site=${site} onCreate=${onCreate} onShortcuts=${onShortcuts} />
    <main class=${jobId === undefined ? 'main' : 'main has-panel'}>
      ${feed.value === 'refused' && html`<${TokenForm} problem=${list.state.value.problem} />`}
      <section class="jobs card" aria-labelledby="jobs-title">
        <${FilterBar}
          address=${address}
          types=${types}
          actions=${actions}
          isAdmin=${isAdmin}
          onBulkRetry=${() => setDialog({ kind: 'bulkRetry' })}
        />
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
      <${Overview} gauge=${gauge} list=${list} />
      ${
        jobId === undefined
          ? html`<${ActivityList} list=${list} address=${address} />`
          : html`<${JobPanel}
              key=${jobId}
              connection=${connection}
              operations=${operations}
              viewer=${viewer}
              list=${list}
              jobId=${jobId}
              site=${site}
              actions=${actions}
              onClose=${() => turnTo({ ...address, jobId: undefined })}
              onReplay=${(from: FullJob) => setDialog({ kind: 'create', from })}
            />`
      }
    </main>
    <${Dialogs} dialog=${dialog} types=${types} actions=${actions} address=${address} shortcuts=${shortcuts} onClose=${onClose} />
    <${Notice} text=${notice} onDismiss=${() => setNotice('')} />
    <${Announcer} list=${list} />
  </div>`;
}

interface UseJobListOptions extends Pick<AppProps, 'connection' | 'feed'> {
  readonly address: Address;
}

/** The list that the address asks for, another one for another owner. */
function useJobList({ connection, feed, address: { owner, status, type } }: UseJobListOptions): JobList {
  const list = useMemo(() => createJobList({ connection, feed, owner }), [connection, feed, owner]);
  useEffect(() => {
    const closing = new AbortController();
    void list.follow(closing.signal);
    return () => closing.abort();
  }, [list]);
  useEffect(() => {
    list.narrow({ ...(status === undefined ? {} : { status: [status] }), ...(type === undefined ? {} : { type: [type] }) });
  }, [list, status, type]);
  return list;
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
