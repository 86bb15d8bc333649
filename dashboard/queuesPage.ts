/** The queues, one per priority: how full they are, and whether they are paused; and the dead letters. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Figure } from './figure.ts';
import type { OperatedQueue } from './operateDocuments.ts';
import type { Operations } from './operations.ts';
import { OperatorButton, OperatorNote } from './operatorNote.ts';
import { PageHead } from './pageHead.ts';
import type { Viewer } from './panelDocuments.ts';
import { PauseDialog } from './pauseDialog.ts';
import { PauseNote } from './pauseNote.ts';
import type { QueueGauge, QueueSample } from './queueGauge.ts';
import { useAction } from './useAction.ts';
import { useNow } from './useNow.ts';
import { usePolled } from './usePolled.ts';

export interface QueuesPageProps {
  readonly operations: Operations;
  readonly viewer: Viewer | undefined;
  readonly gauge: QueueGauge;
}

const names: Readonly<Record<OperatedQueue['priority'], string>> = { HIGH: 'High', NORMAL: 'Normal', LOW: 'Low' };

export function QueuesPage({ operations, viewer, gauge }: QueuesPageProps): ComponentChildren {
  const { value: queues, problem, refresh } = usePolled(operations.queues);
  const [paused, setPaused] = useState<OperatedQueue | undefined>();
  const action = useAction();
  const now = useNow(1000);
  const depths = gauge.samples.value.at(-1);
  const dead = depths?.find(({ queue }) => queue === 'DEAD_LETTER');
  const onResume = async ({ priority }: OperatedQueue): Promise<void> => {
    await action.run(() => operations.change('resumeQueue', { priority }), `${names[priority]} goes on.`);
    await refresh();
  };
  return html`
    <${PageHead} title="Queues" problem=${problem} action=${action} isLoading=${queues === undefined} />
    <${OperatorNote} viewer=${viewer} what="To see how full queues are, and to pause them," />
    <div class="operate-grid">
      ${queues?.map(
        (queue) =>
          html`<${QueueCard}
            key=${queue.priority}
            queue=${queue}
            sample=${depths?.find((one) => one.queue === queue.priority)}
            now=${now}
            viewer=${viewer}
            isBusy=${action.isBusy}
            onPause=${() => setPaused(queue)}
            onResume=${() => void onResume(queue)}
          />`,
      )}
      ${
        dead !== undefined &&
        html`<article class=${dead.visible > 0 ? 'card operate-card is-alarming' : 'card operate-card'} data-queue="DEAD_LETTER">
          <div class="operate-card-head"><h3>Dead letters</h3></div>
          <p class="muted">Messages that were received as often as they may be; their jobs end as failed, and can be retried.</p>
          <dl class="figures"><${Depth} sample=${dead} /></dl>
        </article>`
      }
    </div>
    ${
      paused !== undefined &&
      html`<${PauseDialog}
        what=${`queue ${names[paused.priority]}`}
        reason=${paused.pausedReason}
        until=${paused.pausedUntil}
        pause=${(input: object) => operations.change('pauseQueue', { priority: paused.priority, ...input })}
        onDone=${() => void refresh()}
        onClose=${() => setPaused(undefined)}
      />`
    }
  `;
}

interface QueueCardProps {
  readonly queue: OperatedQueue;
  readonly sample: QueueSample | undefined;
  readonly now: number;
  readonly viewer: Viewer | undefined;
  readonly isBusy: boolean;
  readonly onPause: () => void;
  readonly onResume: () => void;
}

function QueueCard({ queue, sample, now, viewer, isBusy, onPause, onResume }: QueueCardProps): ComponentChildren {
  const { priority, isPaused, waiting } = queue;
  const name = names[priority];
  return html`<article class="card operate-card" data-queue=${priority}>
    <div class="operate-card-head">
      <h3>${name}${' '}<code class="badge-code">${priority}</code></h3>
      ${isPaused && html`<span class="mark is-warning">Paused</span>`}
    </div>
    <${PauseNote} state=${queue} now=${now} />
    <dl class="figures">
      <${Depth} sample=${sample} />
      <${Figure} name="Kept by pauses">${waiting >= 1000 ? '1000 or more' : waiting}<//>
    </dl>
    <div class="row operate-actions">
      <${OperatorButton} viewer=${viewer} label=${`${isPaused ? 'Change pause of' : 'Pause'} queue ${name}`} onClick=${onPause}>
        ${isPaused ? 'Change pause …' : 'Pause …'}
      <//>
      ${
        isPaused &&
        html`<${OperatorButton} viewer=${viewer} kind="primary" label=${`Resume queue ${name}`} isBusy=${isBusy} onClick=${onResume}>
          Resume
        <//>`
      }
    </div>
  </article>`;
}

/** Only for callers who may see them. */
function Depth({ sample }: { readonly sample: QueueSample | undefined }): ComponentChildren {
  if (sample === undefined) return null;
  return html`
    <${Figure} name="Waiting">${sample.visible}<//>
    <${Figure} name="In flight">${sample.inFlight}<//>
    <${Figure} name="Delayed">${sample.delayed}<//>
  `;
}
