/** For a new job: its priority, when it may begin, and its tags. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { JobPriority } from '../client/job.ts';
import { timeOfInput } from './localTime.ts';

const priorities = ['HIGH', 'NORMAL', 'LOW'] as const satisfies readonly JobPriority[];

export interface Start {
  readonly priority: JobPriority;
  readonly delaySeconds: string;
  /** In the form of its input; empty: at once, or after the delay. */
  readonly startAt: string;
  /** One per line. */
  readonly tags: string;
}

export interface StartFieldsProps {
  readonly start: Start;
  readonly onChange: (start: Start) => void;
}

export function StartFields({ start, onChange }: StartFieldsProps): ComponentChildren {
  const { priority, delaySeconds, startAt, tags } = start;
  const onPriority = ({ currentTarget }: { readonly currentTarget: HTMLSelectElement }): void =>
    onChange({ ...start, priority: priorities.find((name) => name === currentTarget.value) ?? 'NORMAL' });
  const onText =
    (name: 'delaySeconds' | 'startAt' | 'tags') =>
    ({ currentTarget }: { readonly currentTarget: HTMLInputElement | HTMLTextAreaElement }): void =>
      onChange({ ...start, [name]: currentTarget.value });
  return html`
    <div class="row fields">
      <div class="field">
        <label for="job-priority">Priority</label>
        <select id="job-priority" value=${priority} onChange=${onPriority}>
          ${priorities.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
        </select>
      </div>
      <div class="field">
        <label for="job-delay">Delay, in seconds</label>
        <input
          id="job-delay"
          type="number"
          min="0"
          max="900"
          disabled=${startAt !== ''}
          value=${startAt === '' ? delaySeconds : ''}
          onInput=${onText('delaySeconds')}
        />
      </div>
    </div>
    <div class="field">
      <label for="job-start">Or not before</label>
      <input id="job-start" type="datetime-local" value=${startAt} onInput=${onText('startAt')} aria-describedby="job-start-hint" />
      <p id="job-start-hint" class="muted">In your time zone, up to a year ahead; left empty: at once.</p>
    </div>
    <div class="field">
      <label for="job-tags">Tags</label>
      <textarea id="job-tags" rows=${2} spellcheck=${false} value=${tags} onInput=${onText('tags')} aria-describedby="job-tags-hint" />
      <p id="job-tags-hint" class="muted">One a line, at most five: to find the job again by.</p>
    </div>
  `;
}

/** The input for the API that they stand for. */
export function inputOfStart({ priority, delaySeconds, startAt, tags }: Start) {
  const runAt = timeOfInput(startAt);
  const given = tags
    .split('\n')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  return {
    priority,
    ...(runAt === undefined ? { delaySeconds: Number(delaySeconds) } : { runAt }),
    ...(given.length === 0 ? {} : { tags: given }),
  };
}
