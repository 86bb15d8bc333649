/** Pauses types and queues, and resumes them. */
import type { ServiceTime } from '../clock.ts';
import { changeEntry } from '../table/changeEntry.ts';
import { badInput, requireText } from '../text.ts';
import type { Core } from './core.ts';
import { allPauses, isOn, pauseKey, pauseKind, type Pausable, type Pause, type Pauses } from './pauses.ts';
import { wakePaused } from './wakePaused.ts';

export const maxReasonLength = 500;
/** The number that a resume sends before it returns. */
const firstWoken = 500;

export interface PauseRequest {
  readonly reason?: string | undefined;
  readonly until?: number | undefined;
  readonly by?: string | undefined;
}

/**
 * Pauses it, or gives the pause there is another reason and end. Creating goes on; none starts later than workers remember
 * what they have read, 5 seconds. @throws {JobError} `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`.
 */
export async function pauseWork(core: Pick<Core, 'table'>, what: Pausable, { reason, until, by }: PauseRequest): Promise<Pause> {
  if (reason !== undefined && requireText(reason, ['reason']).length > maxReasonLength)
    throw badInput(`has at most ${maxReasonLength} characters`, ['reason']);
  const now = await core.table.time();
  if (until !== undefined && until <= now.high) throw badInput('lies not ahead', ['until']);
  const key = pauseKey(what);
  let pause: Pause = { reason, until, since: now.at, by };
  await changePauses(core, now, (pauses) => {
    pause = { ...pause, since: pauses[key]?.since ?? now.at };
    return { ...pauses, [key]: pause };
  });
  return pause;
}

/**
 * Ends the pause, and sends the first of those that wait for it; the timer sends the others. Where there is none it does
 * the same, and no harm. @throws {JobError} `TABLE_UNAVAILABLE`, `QUEUE_UNAVAILABLE`: the timer goes on.
 */
export async function resumeWork(core: Pick<Core, 'table' | 'queues' | 'telemetry' | 'log'>, what: Pausable): Promise<void> {
  const key = pauseKey(what);
  await changePauses(core, await core.table.time(), (pauses) =>
    Object.fromEntries(Object.entries(pauses).filter(([name]) => name !== key)),
  );
  await wakePaused(core, { maxJobs: firstWoken });
}

/** Without pauses that have ended. */
async function changePauses({ table }: Pick<Core, 'table'>, now: ServiceTime, change: (pauses: Pauses) => Pauses): Promise<void> {
  await changeEntry(table.entries, pauseKind, allPauses, (entry) => {
    const present = Object.entries(entry?.value.paused ?? {}).filter(([, pause]) => isOn(pause, now));
    return { value: { paused: change(Object.fromEntries(present)) } };
  });
}
