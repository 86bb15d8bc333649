/** One schedule, at a glance. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { TickOutcome } from '../client/schedules.ts';
import { formatDuration } from './durations.ts';
import { relativeTime } from './localTime.ts';
import type { OperatedSchedule, OperateMutation, Tick } from './operateDocuments.ts';
import { statusNames } from './statusBadge.ts';

export interface ScheduleCardProps {
  readonly schedule: OperatedSchedule;
  readonly now: number;
  readonly isBusy: boolean;
  readonly onEdit: () => void;
  readonly onDelete: () => void;
  /** `done`: the message once it is done. */
  readonly onChange: (mutation: OperateMutation, done: string) => void;
}

const outcomes: Readonly<Record<TickOutcome, { readonly name: string; readonly kind: string }>> = {
  CREATED: { name: 'made a job, now gone', kind: 'SUCCEEDED' },
  SKIPPED_OVERLAP: { name: 'skipped: overlap', kind: 'PENDING' },
  SKIPPED_PAUSED: { name: 'skipped: paused', kind: 'CANCELLED' },
  MISSED: { name: 'missed', kind: 'FAILED_FINAL' },
};

export function ScheduleCard({ schedule, now, isBusy, onEdit, onDelete, onChange }: ScheduleCardProps): ComponentChildren {
  const { name, type, priority, overlap, isPaused, nextRuns, ticks, problem, spec } = schedule;
  return html`<article class="card operate-card" data-schedule=${name}>
    <div class="operate-card-head">
      <h3>${name}</h3>
      ${isPaused && html`<span class="mark is-warning">Paused</span>`} ${nextRuns.length === 0 && html`<span class="mark">Over</span>`}
    </div>
    <p>
      <strong>${spec.cron === null ? `Every ${secondsOf(spec.everySeconds ?? 0)}` : html`<code>${spec.cron}</code>`}</strong>
      <span class="muted">
        ${` ${spec.timeZone} · `}<code>${type}</code>${` · ${priority.toLowerCase()} · overlap `}<code>${overlap}</code>
      </span>
    </p>
    ${
      problem !== null &&
      html`<div class="failure">
        <strong>Its last job was refused</strong>
        <p>${problem}</p>
      </div>`
    }
    <div class="schedule-times">
      <div>
        <h4>${isPaused ? 'Next, once resumed' : 'Next, in your time'}</h4>
        ${nextRuns.length === 0 && html`<p class="muted">It comes no more.</p>`}
        <ol>
          ${nextRuns.map(
            (at) =>
              html`<li key=${at}>
                <time dateTime=${at} title=${at}
                  >${new Date(at).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' })}</time
                >
                <span class="muted">${` ${relativeTime(at, now)}`}</span>
              </li>`,
          )}
        </ol>
      </div>
      <div>
        <h4>Last</h4>
        ${ticks.length === 0 && html`<p class="muted">None yet.</p>`}
        <ol>
          ${ticks.slice(0, 4).map((tick) => html`<${TickItem} key=${tick.at} tick=${tick} now=${now} />`)}
        </ol>
      </div>
    </div>
    <div class="row operate-actions">
      <button
        type="button"
        class="small"
        aria-label=${`Run now: ${name}`}
        disabled=${isBusy}
        onClick=${() => onChange('triggerSchedule', `${name} made a job now.`)}
      >
        Run now
      </button>
      ${
        isPaused
          ? html`<button
              type="button"
              class="small primary"
              aria-label=${`Resume ${name}`}
              disabled=${isBusy}
              onClick=${() => onChange('resumeSchedule', `${name} goes on with its next time.`)}
            >
              Resume
            </button>`
          : html`<button
              type="button"
              class="small"
              aria-label=${`Pause ${name}`}
              disabled=${isBusy}
              onClick=${() => onChange('pauseSchedule', `${name} skips its times until it is resumed.`)}
            >
              Pause
            </button>`
      }
      <button type="button" class="small" aria-label=${`Edit ${name}`} onClick=${onEdit}>Edit …</button>
      <span class="spacer"></span>
      <button type="button" class="small quiet" aria-label=${`Delete ${name}`} onClick=${onDelete}>Delete …</button>
    </div>
  </article>`;
}

function TickItem({ tick: { at, outcome, job }, now }: { readonly tick: Tick; readonly now: number }): ComponentChildren {
  const { name, kind } = outcomes[outcome];
  return html`<li class="tick">
    <span class=${`dot is-${job?.status ?? kind}`} aria-hidden="true"></span>
    <span title=${`${outcome}, ${new Date(at).toLocaleString()}`}>
      ${relativeTime(at, now)}${' '}
      ${
        job === null
          ? html`<span class="muted">${name}</span>`
          : html`<a href=${`#job=${job.jobId}`}>${statusNames[job.status].toLowerCase()}</a>`
      }
    </span>
  </li>`;
}

function secondsOf(seconds: number): string {
  return seconds < 10 ? `${seconds} s` : formatDuration(seconds * 1000);
}
