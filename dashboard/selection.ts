/** Which rows are selected: one by one, or all from the last one to this. */

export interface Selection {
  readonly jobIds: ReadonlySet<string>;
  /** The row where a range starts. */
  readonly anchor: string | undefined;
}

export const nothingSelected: Selection = { jobIds: new Set(), anchor: undefined };

export interface Choice {
  /** Selects or deselects it. */
  readonly jobId: string;
  /** All rows from the last chosen one to this one become like this one. */
  readonly isRange: boolean;
}

/** `shown`: the rows in their order. */
export function choose({ jobIds, anchor }: Selection, { jobId, isRange }: Choice, shown: readonly string[]): Selection {
  const isSelected = !jobIds.has(jobId);
  const [from, to] = [anchor === undefined ? -1 : shown.indexOf(anchor), shown.indexOf(jobId)];
  const range = isRange && from !== -1 && to !== -1 ? shown.slice(Math.min(from, to), Math.max(from, to) + 1) : [jobId];
  return { jobIds: withOrWithout(jobIds, range, isSelected), anchor: jobId };
}

/** Selects all rows that are shown, or deselects all where all are selected. */
export function chooseAll({ jobIds }: Selection, shown: readonly string[]): Selection {
  return { jobIds: withOrWithout(jobIds, shown, !areAllSelected({ jobIds }, shown)), anchor: undefined };
}

export function areAllSelected({ jobIds }: Pick<Selection, 'jobIds'>, shown: readonly string[]): boolean {
  return shown.length > 0 && shown.every((jobId) => jobIds.has(jobId));
}

function withOrWithout(before: ReadonlySet<string>, jobIds: readonly string[], isSelected: boolean): ReadonlySet<string> {
  const changed = new Set(jobIds);
  return isSelected ? before.union(changed) : before.difference(changed);
}
