/** The progress of the sweeper, for operators. */
import type { Core } from './core.ts';

/** Null before its first run, and where the table does not answer. */
export async function sweeperHealth({ table }: Pick<Core, 'table'>): Promise<{ readonly sweeper: object | null }> {
  const state = await table.readSweep().catch(() => undefined);
  if (state === undefined) return { sweeper: null };
  const { ranAt, passBeganAt, looked, overdue, lastPass = null } = state;
  const pass = { beganAt: new Date(passBeganAt).toISOString(), looked, overdue };
  return { sweeper: { ranAt: new Date(ranAt).toISOString(), pass, lastPass } };
}
