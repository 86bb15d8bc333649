/** One line of a log: time, level, text, and fields. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { JobLogLine } from '../client/jobLogs.ts';
import { timeOfDay } from './durations.ts';

const levelNames: Readonly<Record<JobLogLine['level'], string>> = { INFO: 'info', WARN: 'warning', ERROR: 'error' };

export function LogLine({
  line: { sequence, attempt, at, level, message, fields, skipped },
}: {
  readonly line: JobLogLine;
}): ComponentChildren {
  return html`
    ${skipped > 0 && html`<p class="log-gap">${`${skipped.toLocaleString()} ${skipped === 1 ? 'line is' : 'lines are'} not kept`}</p>`}
    <div class=${`log-line is-${level}`} data-sequence=${sequence} data-attempt=${attempt}>
      <time dateTime=${at} title=${new Date(at).toLocaleString()}>${timeOfDay(at)}</time>
      <span class="log-level">${levelNames[level]}</span>
      <span class="log-text">
        ${message}${entriesOf(fields).map(([name, value]) => html`${' '}<span key=${name} class="log-field"><b>${name}</b>=${value}</span>`)}
      </span>
    </div>
  `;
}

/** A value that is not an object is shown by itself. */
function entriesOf(fields: unknown): readonly (readonly [string, string])[] {
  if (fields === null || fields === undefined) return [];
  const isRecord = typeof fields === 'object' && !Array.isArray(fields);
  return Object.entries(isRecord ? fields : { value: fields }).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
}
