/** Sets limits while the system runs. */
import { changeEntry } from '../table/changeEntry.ts';
import { badInput } from '../text.ts';
import { typeLimits, type TypeLimits } from '../typeLimits.ts';
import type { Core } from './core.ts';
import { allLimits, limitsKind } from './limitsInForce.ts';
import { wakeLimited } from './wakeLimited.ts';

/** The number of keys that a change looks at before it returns. */
const firstKeys = 50;

/** Each part: unchanged where it is undefined, the type's own value where it is null. */
export interface LimitsChange {
  readonly concurrency?: TypeLimits['concurrency'] | null | undefined;
  readonly rate?: TypeLimits['rate'] | null | undefined;
}

/** @throws {JobError} `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`. */
export async function setLimits(
  core: Pick<Core, 'table' | 'queues' | 'telemetry' | 'log' | 'jobTypes'>,
  type: string,
  change: LimitsChange,
): Promise<void> {
  const checked = typeLimits.safeParse({ concurrency: change.concurrency ?? undefined, rate: change.rate ?? undefined });
  const [issue] = checked.error?.issues ?? [];
  if (issue !== undefined) throw badInput(issue.message, issue.path.map(String));
  await changeEntry(core.table.entries, limitsKind, allLimits, (entry) => {
    const { [type]: present, ...others } = entry?.value.byType ?? {};
    const limits = {
      concurrency: change.concurrency === undefined ? present?.concurrency : (change.concurrency ?? undefined),
      rate: change.rate === undefined ? present?.rate : (change.rate ?? undefined),
    };
    return { value: { byType: { ...others, [type]: limits } } };
  });
  // Waiting jobs may be allowed to start now; the timer handles the rest.
  await wakeLimited(core, { type, maxKeys: firstKeys });
}
