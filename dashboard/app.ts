/** The whole page: header, overview, table, and beside it the activity or an opened job. */
import { h, type ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Connection } from '../client/connection.ts';
import type { Actions } from './actions.ts';
import { ActivityList } from './activityList.ts';
import { formatAddress, parseAddress, type Address } from './address.ts';
import { Announcer } from './announcer.ts';
import { BulkRetryDialog } from './bulkRetryDialog.ts';
import { CreateDialog } from './createDialog.ts';
import type { JobTypeInfo } from './documents.ts';
import { FilterBar } from './filterBar.ts';
import { Header } from './header.ts';
import type { JobList } from './jobList.ts';
import { JobPanel } from './jobPanel.ts';
import { JobTable } from './jobTable.ts';
import { Overview } from './overview.ts';
import type { QueueGauge } from './queueGauge.ts';
import { useStore } from './store.ts';
import { TokenForm } from './tokenForm.ts';
import type { Site } from './site.ts';

export interface AppProps {
  readonly connection: Connection;
  readonly list: JobList;
  readonly gauge: QueueGauge;
  readonly actions: Actions;
  readonly site: Site;
}

export function App({ connection, list, gauge, actions, site }: AppProps): ComponentChildren {
  const [address, turn] = useAddress();
  const state = useStore(list.store);
  const [types, setTypes] = useState<readonly JobTypeInfo[]>([]);
  const [dialog, setDialog] = useState<'create' | 'bulkRetry' | undefined>();
  const [notice, setNotice] = useState('');
  const { jobId, status, type } = address;

  useEffect(() => {
    actions.types().then(setTypes, () => undefined);
  }, [actions]);
  useEffect(() => {
    list.narrow({ ...(status === undefined ? {} : { status: [status] }), ...(type === undefined ? {} : { type: [type] }) });
  }, [list, status, type]);

  /** What goes wrong is told, and what goes right shows by itself. */
  const attempt = (action: Promise<void>): void => {
    action.then(
      () => setNotice(''),
      (error: unknown) => setNotice(error instanceof Error ? error.message : String(error)),
    );
  };
  const onRetry = (id: string): void => attempt(actions.retry(id));
  const onCancel = (id: string): void => attempt(actions.cancel(id));

  return h(
    'div',
    { class: 'app' },
    h(Header, { feed: state.feed, site, onCreate: () => setDialog('create') }),
    h(
      'main',
      { class: jobId === undefined ? 'main' : 'main has-panel' },
      state.feed === 'refused' ? h(TokenForm, { problem: state.problem }) : null,
      h(Overview, { gauge, list }),
      h(
        'section',
        { class: 'jobs card', 'aria-labelledby': 'jobs-title' },
        h(FilterBar, { address, types, onTurn: turn, onBulkRetry: () => setDialog('bulkRetry') }),
        h(JobTable, { list, address, onRetry, onCancel, onCreate: () => setDialog('create') }),
      ),
      jobId === undefined
        ? h(ActivityList, { list, address })
        : h(JobPanel, { key: jobId, connection, list, jobId, onClose: () => turn({ ...address, jobId: undefined }), onRetry, onCancel }),
    ),
    dialog === 'create'
      ? h(CreateDialog, {
          types,
          actions,
          onClose: (created) => {
            setDialog(undefined);
            if (created !== undefined) turn({ ...address, jobId: created });
          },
        })
      : null,
    dialog === 'bulkRetry' ? h(BulkRetryDialog, { type, actions, onClose: () => setDialog(undefined) }) : null,
    h(Notice, { text: notice, onDismiss: () => setNotice('') }),
    h(Announcer, { list }),
  );
}

function Notice({ text, onDismiss }: { readonly text: string; readonly onDismiss: () => void }): ComponentChildren {
  return h(
    'div',
    { class: 'notice-place', role: 'alert' },
    text === ''
      ? null
      : h(
          'div',
          { class: 'notice' },
          h('span', null, text),
          h('button', { type: 'button', class: 'quiet', onClick: onDismiss, 'aria-label': 'Dismiss' }, '✕'),
        ),
  );
}

function useAddress(): readonly [Address, (address: Address) => void] {
  const [address, setAddress] = useState(() => parseAddress(location.hash));
  useEffect(() => {
    const onChange = (): void => setAddress(parseAddress(location.hash));
    addEventListener('hashchange', onChange);
    return () => removeEventListener('hashchange', onChange);
  }, []);
  return [address, (next) => void (location.hash = formatAddress(next))];
}
