/** Which faults happen when in a run of chaos: derived from its seed alone, so that a run can be repeated. */
import { chanceOf } from './chance.ts';

export type ChaosFault =
  /** kill -9, and another takes its place. */
  | { readonly kind: 'killWorker' | 'killServer'; readonly which: number }
  /** SIGTERM, and another takes its place, with a clock that is wrong by so much. */
  | { readonly kind: 'replaceWorker'; readonly which: number; readonly skewMs: number }
  /** Rolling: the new one is there before the old one is asked to go. */
  | { readonly kind: 'replaceServer'; readonly which: number }
  /** SIGSTOP and SIGCONT. */
  | { readonly kind: 'pauseWorker'; readonly which: number; readonly ms: number }
  | { readonly kind: 'tableAway' | 'redisAway'; readonly ms: number; readonly isSilent: boolean }
  | { readonly kind: 'restartRedis' | 'purgeQueues' }
  /** So many open jobs get one message more. */
  | { readonly kind: 'duplicate'; readonly jobs: number };

export interface PlannedFault {
  readonly atMs: number;
  readonly fault: ChaosFault;
}

const maxOutageMs = 60_000;

export function chaosPlan(seed: number, totalMs: number): readonly PlannedFault[] {
  const chance = chanceOf(seed);
  const whole = (below: number): number => Math.floor(chance() * below);
  const longestMs = Math.min(maxOutageMs, totalMs / 5);
  const some = (least: number): number => Math.round(least + chance() * Math.max(0, longestMs - least));
  const makers: readonly (() => ChaosFault)[] = [
    () => ({ kind: 'killWorker', which: whole(2) }),
    () => ({ kind: 'killServer', which: whole(2) }),
    () => ({ kind: 'replaceWorker', which: whole(2), skewMs: (whole(3) - 1) * (60_000 + whole(240_000)) }),
    () => ({ kind: 'replaceServer', which: whole(2) }),
    () => ({ kind: 'pauseWorker', which: whole(2), ms: 3000 + whole(6000) }),
    () => ({ kind: 'tableAway', ms: some(1000), isSilent: chance() < 0.5 }),
    () => ({ kind: 'redisAway', ms: some(1000), isSilent: chance() < 0.5 }),
    () => ({ kind: 'restartRedis' }),
    () => ({ kind: 'purgeQueues' }),
    () => ({ kind: 'duplicate', jobs: 1 + whole(10) }),
  ];
  const plan: PlannedFault[] = [];
  // Each kind once before any comes again, in a random order.
  let left: (() => ChaosFault)[] = [];
  for (let atMs = 2000; atMs < totalMs; atMs += 1000 + whole(3000)) {
    if (left.length === 0) left = [...makers];
    const [make] = left.splice(whole(left.length), 1);
    if (make !== undefined) plan.push({ atMs, fault: make() });
  }
  return plan;
}
