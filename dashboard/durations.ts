/** Durations and times as people write them. */

const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
] as const;

/** `340 ms`, `12 s`, `3 min`, `5 h 20 min`, `2 d`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const index = units.findIndex((unit) => ms >= unit.ms);
  const unit = units[index] ?? units[3];
  const rest = units[index + 1];
  const whole = Math.floor(ms / unit.ms);
  const part = rest === undefined ? 0 : Math.floor((ms % unit.ms) / rest.ms);
  return whole >= 10 || part === 0 || rest === undefined ? `${whole} ${unit.name}` : `${whole} ${unit.name} ${part} ${rest.name}`;
}

/** Between two times as the API writes them; `null` where one is missing. */
export function between(from: string | null | undefined, to: string | number | null | undefined): number | null {
  if (from === null || from === undefined || to === null || to === undefined) return null;
  return new Date(to).getTime() - new Date(from).getTime();
}

/** `14:03:07`, in the reader's own time zone. */
export function timeOfDay(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour12: false });
}
