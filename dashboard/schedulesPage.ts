/** Schedules: when each has its ticks, the outcomes of its last ticks, and the actions on it. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { DeleteScheduleDialog } from './deleteScheduleDialog.ts';
import type { JobTypeInfo } from './documents.ts';
import type { OperatedSchedule, OperateMutation } from './operateDocuments.ts';
import { formatOperatePage } from './operatePage.ts';
import type { Operations } from './operations.ts';
import { PageHead } from './pageHead.ts';
import type { Viewer } from './panelDocuments.ts';
import { ScheduleCard } from './scheduleCard.ts';
import { ScheduleDialog } from './scheduleDialog.ts';
import { useAction } from './useAction.ts';
import { useNow } from './useNow.ts';
import { usePolled } from './usePolled.ts';

export interface SchedulesPageProps {
  readonly operations: Operations;
  readonly viewer: Viewer | undefined;
  readonly types: readonly JobTypeInfo[];
  /** The owner; undefined: the viewer. */
  readonly owner: string | undefined;
}

type Opened =
  | { readonly dialog: 'edit'; readonly schedule: OperatedSchedule | undefined }
  | { readonly dialog: 'delete'; readonly schedule: OperatedSchedule };

export function SchedulesPage({ operations, viewer, types, owner }: SchedulesPageProps): ComponentChildren {
  /** Where each page after the first begins. */
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const after = cursors.at(-1);
  const read = useCallback(() => operations.schedules(owner, after), [operations, owner, after]);
  const { value, problem, refresh } = usePolled(read);
  const [opened, setOpened] = useState<Opened | undefined>();
  const action = useAction();
  const now = useNow(1000);
  const isOwn = owner === undefined || owner === viewer?.owner;
  const onChange = async (mutation: OperateMutation, { scheduleId }: OperatedSchedule, done: string): Promise<void> => {
    await action.run(() => operations.change(mutation, { scheduleId }), done);
    await refresh();
  };
  const { schedules, nextCursor } = value ?? { schedules: [], nextCursor: null };
  const onClose = (): void => setOpened(undefined);
  const onDone = (): void => void refresh();
  return html`
    <${PageHead}
      title=${owner === undefined ? 'Schedules' : `Schedules of ${owner}`}
      problem=${problem}
      action=${action}
      isLoading=${value === undefined}
    >
      ${viewer?.isAdmin === true && html`<${OwnerField} key=${owner ?? ''} owner=${owner} />`}
      ${
        isOwn &&
        html`<button type="button" class="primary" onClick=${() => setOpened({ dialog: 'edit', schedule: undefined })}>
          <span aria-hidden="true">+</span> New schedule
        </button>`
      }
    <//>
    ${
      value !== undefined &&
      schedules.length === 0 &&
      html`<p class="operate-empty card">No schedules yet. One makes a job at each of its times: every night, every five minutes.</p>`
    }
    <div class="operate-grid">
      ${schedules.map(
        (schedule) =>
          html`<${ScheduleCard}
            key=${schedule.scheduleId}
            schedule=${schedule}
            now=${now}
            isBusy=${action.isBusy}
            onEdit=${() => setOpened({ dialog: 'edit', schedule })}
            onDelete=${() => setOpened({ dialog: 'delete', schedule })}
            onChange=${(mutation: OperateMutation, done: string) => void onChange(mutation, schedule, done)}
          />`,
      )}
    </div>
    ${
      (cursors.length > 0 || nextCursor !== null) &&
      html`<nav class="pages" aria-label="Pages of schedules">
        <button type="button" disabled=${cursors.length === 0} onClick=${() => setCursors(cursors.slice(0, -1))}>← Before</button>
        <span class="muted">${`Page ${cursors.length + 1}`}</span>
        <button type="button" disabled=${nextCursor === null} onClick=${() => nextCursor !== null && setCursors([...cursors, nextCursor])}>
          Next →
        </button>
      </nav>`
    }
    ${
      opened?.dialog === 'edit' &&
      html`<${ScheduleDialog} schedule=${opened.schedule} types=${types} operations=${operations} onDone=${onDone} onClose=${onClose} />`
    }
    ${
      opened?.dialog === 'delete' &&
      html`<${DeleteScheduleDialog} schedule=${opened.schedule} operations=${operations} onDone=${onDone} onClose=${onClose} />`
    }
  `;
}

/** When it is emptied, it shows the viewer's own again. */
function OwnerField({ owner }: { readonly owner: string | undefined }): ComponentChildren {
  const onChange = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    const named = currentTarget.value.trim();
    location.hash = formatOperatePage('schedules', named === '' ? undefined : named);
  };
  return html`<input
    class="owner"
    type="text"
    aria-label="Owner of the schedules"
    title="Whose schedules; empty: your own"
    placeholder="Owner: you"
    defaultValue=${owner ?? ''}
    onChange=${onChange}
    autocomplete="off"
    spellcheck=${false}
  />`;
}
