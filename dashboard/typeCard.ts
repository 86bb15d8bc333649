/** One job type, at a glance. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Figure } from './figure.ts';
import { formatDuration } from './durations.ts';
import type { OperatedType, TypeLimits } from './operateDocuments.ts';
import type { Operations } from './operations.ts';
import { OperatorButton } from './operatorNote.ts';
import type { Viewer } from './panelDocuments.ts';
import { PauseNote } from './pauseNote.ts';
import { TypeSlots } from './typeSlots.ts';

export interface TypeCardProps {
  readonly type: OperatedType;
  readonly now: number;
  readonly viewer: Viewer | undefined;
  readonly operations: Pick<Operations, 'slotHolders'>;
  readonly isBusy: boolean;
  readonly onPause: () => void;
  readonly onResume: () => void;
  readonly onLimits: () => void;
}

export function TypeCard(props: TypeCardProps): ComponentChildren {
  const { type, now, viewer, operations, isBusy, onPause, onResume, onLimits } = props;
  const { name, description, hasWorker, running, waiting, isPaused, limits, policy } = type;
  const [showsSlots, setShowsSlots] = useState(false);
  const hasSlots = limits.total !== null || limits.perKey !== null;
  return html`<article class="card operate-card" data-type=${name}>
    <div class="operate-card-head">
      <h3><a href=${`#type=${encodeURIComponent(name)}`}>${name}</a></h3>
      ${isPaused && html`<span class="mark is-warning">Paused</span>`}
      ${
        !hasWorker &&
        html`<span class="mark is-alarm" title="Its jobs wait until a worker that knows it runs">No worker <code>NO_WORKER</code></span>`
      }
    </div>
    <p class="muted">${description}</p>
    <${PauseNote} state=${type} now=${now} />
    <dl class="figures">
      <${Figure} name="Running">${running === null ? '–' : `${running}${limits.total === null ? '' : ` of ${limits.total}`}`}<//>
      <${Figure} name="Waiting">${waiting >= 1000 ? '1000 or more' : waiting}<//>
      <${Figure} name="Of one key">${limits.perKey ?? 'no limit'}<//>
      <${Figure} name="Starts">${rateOf(limits)}<//>
      <${Figure} name="Timeout">${formatDuration(policy.timeoutSeconds * 1000)}<//>
    </dl>
    <div class="row operate-actions">
      <${OperatorButton} viewer=${viewer} label=${`${isPaused ? 'Change pause of' : 'Pause'} ${name}`} onClick=${onPause}>
        ${isPaused ? 'Change pause …' : 'Pause …'}
      <//>
      ${
        isPaused &&
        html`<${OperatorButton} viewer=${viewer} kind="primary" label=${`Resume ${name}`} isBusy=${isBusy} onClick=${onResume}>Resume<//>`
      }
      <${OperatorButton} viewer=${viewer} label=${`Limits of ${name}`} onClick=${onLimits}>Limits …<//>
      ${
        hasSlots &&
        html`<${OperatorButton}
          viewer=${viewer}
          label=${`${showsSlots ? 'Hide slots' : 'Who holds slots'} of ${name}`}
          onClick=${() => setShowsSlots(!showsSlots)}
        >
          ${showsSlots ? 'Hide slots' : 'Who holds slots'}
        <//>`
      }
    </div>
    ${showsSlots && html`<${TypeSlots} type=${type} operations=${operations} now=${now} />`}
  </article>`;
}

function rateOf({ rate }: TypeLimits): string {
  if (rate === null) return 'no limit';
  return `${rate.starts} in ${formatDuration(rate.seconds * 1000)}, ${rate.burst} more at once`;
}
