/** The lines that a job's handler logs, live: of all attempts or of one, followed to the newest line or held still. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Connection } from '../client/connection.ts';
import { isFinal } from '../client/job.ts';
import type { JobLogLine } from '../client/jobLogs.ts';
import type { FullJob } from './documents.ts';
import { createLiveLog } from './liveLog.ts';
import { LogLine } from './logLine.ts';
import type { AttemptRun } from './panelDocuments.ts';

/** How many of the kept lines are on the page before more are requested. */
const pageSize = 500;
/** The distance from the end that still counts as at the end. */
const nearPx = 24;

const levels = { all: 'All levels', WARN: 'Warnings and errors', ERROR: 'Errors' } as const;
type Level = keyof typeof levels;

export interface LogViewProps {
  readonly connection: Connection;
  readonly job: FullJob;
  /** The attempt whose lines are shown; undefined: all. */
  readonly attempt: AttemptKey | undefined;
  readonly attempts: readonly AttemptRun[];
  readonly onAttempt: (attempt: AttemptKey | undefined) => void;
}

/** `2.1`: generation and number. */
export type AttemptKey = string;

export function keyOfAttempt({ generation, number }: Pick<AttemptRun, 'generation' | 'number'>): AttemptKey {
  return `${generation}.${number}`;
}

export function LogView({ connection, job: { jobId, status, version }, attempt, attempts, onAttempt }: LogViewProps): ComponentChildren {
  const log = useMemo(() => createLiveLog(connection, jobId), [connection, jobId]);
  useEffect(() => log.close, [log]);
  // At first, and again when an ended job is retried.
  useEffect(() => log.follow(), [log, version]);
  const [level, setLevel] = useState<Level>('all');
  const [isFollowing, setFollowing] = useState(true);
  const [shown, setShown] = useState(pageSize);
  const box = useRef<HTMLDivElement>(null);

  const { lines, dropped, isLive, problem } = log.state.value;
  const chosen = lines.filter(
    (line) => (attempt === undefined || keyOfAttempt({ ...line, number: line.attempt }) === attempt) && isAtLeast(line, level),
  );
  const drawn = chosen.slice(-shown);
  useLayoutEffect(() => {
    if (isFollowing && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [isFollowing, chosen.length, attempt, level]);

  /** A reader who scrolls up wants to read; one who returns to the end wants to follow. */
  const onScroll = ({ currentTarget }: { readonly currentTarget: HTMLDivElement }): void => {
    const isAtEnd = currentTarget.scrollHeight - currentTarget.scrollTop - currentTarget.clientHeight < nearPx;
    if (isAtEnd !== isFollowing) setFollowing(isAtEnd);
  };
  const onChoice = ({ currentTarget }: { readonly currentTarget: HTMLSelectElement }): void =>
    onAttempt(currentTarget.value === '' ? undefined : currentTarget.value);
  const onLevel = ({ currentTarget }: { readonly currentTarget: HTMLSelectElement }): void => setLevel(levelOf(currentTarget.value));
  const keys = [...new Set([...attempts.map(keyOfAttempt), ...lines.map((line) => keyOfAttempt({ ...line, number: line.attempt }))])];

  return html`<section class="log" aria-labelledby="log-title">
    <div class="row log-head">
      <h3 id="log-title">Log</h3>
      <span class="muted"
        >${lines.length > 0 && `${(lines.length + dropped).toLocaleString()} ${lines.length === 1 ? 'line' : 'lines'}`}</span
      >
      <span class="spacer"></span>
      ${
        keys.length > 1 &&
        html`<select class="small" aria-label="Attempt whose log is shown" value=${attempt ?? ''} onChange=${onChoice}>
          <option value="">All attempts</option>
          ${keys.map((key) => html`<option key=${key} value=${key}>${attemptName(key)}</option>`)}
        </select>`
      }
      ${
        lines.length > 0 &&
        html`<select class="small" aria-label="Levels that are shown" value=${level} onChange=${onLevel}>
            ${Object.entries(levels).map(([value, name]) => html`<option key=${value} value=${value}>${name}</option>`)}
          </select>
          <button type="button" class="small" aria-pressed=${isFollowing} onClick=${() => setFollowing(!isFollowing)}>
            ${isFollowing ? 'Pause' : 'Follow'}
          </button>`
      }
    </div>
    ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
    ${
      lines.length === 0
        ? problem === undefined &&
          html`<p class="muted log-empty">
            ${isFinal(status) && !isLive ? 'It logged nothing.' : 'Lines appear here as the handler logs them.'}
          </p>`
        : html`<div
            class="log-lines"
            ref=${box}
            tabindex=${0}
            role="log"
            aria-live="off"
            aria-label="Lines of the log"
            onScroll=${onScroll}
          >
            ${dropped > 0 && html`<p class="log-gap">${`${dropped.toLocaleString()} earlier lines are not shown here`}</p>`}
            ${
              chosen.length > drawn.length &&
              html`<button type="button" class="small quiet" onClick=${() => setShown(shown + pageSize)}>
                ${`Show ${Math.min(pageSize, chosen.length - drawn.length)} earlier lines`}
              </button>`
            }
            ${chosen.length === 0 && html`<p class="log-gap">No line of this kind yet.</p>`}
            ${drawn.map((line) => html`<${LogLine} key=${line.sequence} line=${line} />`)}
            ${isLive && html`<p class="log-live"><span class="dot" aria-hidden="true"></span>${' Live'}</p>`}
          </div>`
    }
  </section>`;
}

/** `attempt 2`, and of later generations `attempt 1 of generation 2`. */
function attemptName(key: AttemptKey): string {
  const [generation = '1', number = ''] = key.split('.');
  return generation === '1' ? `Attempt ${number}` : `Attempt ${number} of generation ${generation}`;
}

function isAtLeast({ level }: Pick<JobLogLine, 'level'>, least: Level): boolean {
  return least === 'all' || level === 'ERROR' || level === least;
}

function levelOf(value: string): Level {
  return value === 'WARN' || value === 'ERROR' ? value : 'all';
}
