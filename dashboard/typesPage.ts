/**
 * The job types as operators see them: whether they are paused, how many jobs run and wait, their limits, and whether any
 * worker knows them.
 */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { LimitsDialog } from './limitsDialog.ts';
import type { OperatedType } from './operateDocuments.ts';
import type { Operations } from './operations.ts';
import { OperatorNote } from './operatorNote.ts';
import { PageHead } from './pageHead.ts';
import type { Viewer } from './panelDocuments.ts';
import { PauseDialog } from './pauseDialog.ts';
import { TypeCard } from './typeCard.ts';
import { useAction } from './useAction.ts';
import { useNow } from './useNow.ts';
import { usePolled } from './usePolled.ts';

export interface TypesPageProps {
  readonly operations: Operations;
  readonly viewer: Viewer | undefined;
}

type Opened = { readonly dialog: 'pause' | 'limits'; readonly type: OperatedType };

export function TypesPage({ operations, viewer }: TypesPageProps): ComponentChildren {
  const { value: types, problem, refresh } = usePolled(operations.jobTypes);
  const [opened, setOpened] = useState<Opened | undefined>();
  const action = useAction();
  const now = useNow(1000);
  const onDone = (): void => void refresh();
  const onResume = async ({ name }: OperatedType): Promise<void> => {
    await action.run(() => operations.change('resumeJobType', { type: name }), `${name} goes on.`);
    await refresh();
  };
  return html`
    <${PageHead} title="Job types" problem=${problem} action=${action} isLoading=${types === undefined} />
    <${OperatorNote} viewer=${viewer} what="To pause types and to set their limits" />
    <div class="operate-grid">
      ${types?.map(
        (type) =>
          html`<${TypeCard}
            key=${type.name}
            type=${type}
            now=${now}
            viewer=${viewer}
            operations=${operations}
            isBusy=${action.isBusy}
            onPause=${() => setOpened({ dialog: 'pause', type })}
            onLimits=${() => setOpened({ dialog: 'limits', type })}
            onResume=${() => void onResume(type)}
          />`,
      )}
    </div>
    ${
      opened?.dialog === 'pause' &&
      html`<${PauseDialog}
        what=${opened.type.name}
        reason=${opened.type.pausedReason}
        until=${opened.type.pausedUntil}
        pause=${(input: object) => operations.change('pauseJobType', { type: opened.type.name, ...input })}
        onDone=${onDone}
        onClose=${() => setOpened(undefined)}
      />`
    }
    ${
      opened?.dialog === 'limits' &&
      html`<${LimitsDialog} type=${opened.type} operations=${operations} onDone=${onDone} onClose=${() => setOpened(undefined)} />`
    }
  `;
}
