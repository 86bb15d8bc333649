/** Times in the form of `datetime-local` inputs, which know only the reader's time zone. */
import { formatDuration } from './durations.ts';

/** Of `2026-01-31T12:00:00.000Z`; empty where there is none. */
export function inputOfTime(at: string | null | undefined): string {
  if (at === null || at === undefined) return '';
  const date = new Date(at);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** In the API's form; `undefined` where the input is empty. */
export function timeOfInput(value: string): string | undefined {
  const date = new Date(value);
  return value === '' || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** `in 3 min`, `2 h ago`, `now`; the exact time belongs in a title. */
export function relativeTime(at: string, now: number): string {
  const ms = Date.parse(at) - now;
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds === 0) return 'now';
  const said = seconds < 10 ? `${seconds} s` : formatDuration(seconds * 1000);
  return ms > 0 ? `in ${said}` : `${said} ago`;
}
