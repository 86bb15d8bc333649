/** Decides whether a watcher of a workflow, over all its resumes, saw every transition of every job and of itself once, in order. */

export interface SeenTransition {
  /** The job's name; undefined for the workflow's own transitions. */
  readonly name: string | undefined;
  readonly version: number;
  readonly status: string;
  /** False: the event said that versions before this one are lost, so the record must have lost them too. */
  readonly recovered?: boolean | null | undefined;
}

export interface WatchedWorkflow {
  /** Undefined for the workflow itself. */
  readonly name: string | undefined;
  readonly version: number;
  readonly status: string;
  readonly history: readonly { readonly version: number; readonly status: string }[];
}

/** `items`: the workflow and each of its jobs, as they are now. The first transition that is seen of each may be any. */
export function missedOfWorkflow(seen: readonly SeenTransition[], items: readonly WatchedWorkflow[]): readonly string[] {
  const byName = Map.groupBy(seen, ({ name }) => name);
  return items.flatMap(({ name, version, status, history }) => {
    const called = name ?? 'the workflow';
    const wrong: string[] = [];
    const written = new Map(history.map((entry) => [entry.version, entry.status]));
    let before: SeenTransition | undefined;
    for (const one of byName.get(name) ?? []) {
      if (before !== undefined && one.version <= before.version) wrong.push(`of ${called} it saw ${one.version} after ${before.version}`);
      else if (before !== undefined && one.version > before.version + 1 && (one.recovered !== false || written.has(before.version + 1)))
        wrong.push(`of ${called} it saw nothing between ${before.version} and ${one.version}`);
      const truth = written.get(one.version);
      if (truth !== undefined && truth !== one.status) wrong.push(`of ${called} it saw ${one.status} at ${one.version}, which is ${truth}`);
      before = one;
    }
    if (before?.version !== version || before.status !== status)
      wrong.push(`of ${called} it saw ${before?.status} at ${before?.version} last, which is ${status} at ${version}`);
    return wrong;
  });
}
