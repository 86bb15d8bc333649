/**
 * The operations of one client, by the ids that it gave. Usually there is one, and no map is created for it. They stand in a
 * field of the client's own object, because there are tens of thousands of clients.
 */

/** An operation that runs. */
export interface Running {
  /** Given by the client. */
  readonly id: string;
  /** Its results are not needed any more. May be called twice. */
  end(): void;
}

/** From the second operation on a map holds all of them, and is kept. */
export type RunningOperations = Running | Map<string, Running> | undefined;

export interface OperationsHolder {
  running: RunningOperations;
}

export function runningCount({ running }: OperationsHolder): number {
  if (running instanceof Map) return running.size;
  return running === undefined ? 0 : 1;
}

export function runningOf({ running }: OperationsHolder, id: string): Running | undefined {
  if (running instanceof Map) return running.get(id);
  return running?.id === id ? running : undefined;
}

/** Replaces an operation with the same id. */
export function addRunning(holder: OperationsHolder, added: Running): void {
  const { running } = holder;
  if (running instanceof Map) running.set(added.id, added);
  else if (running === undefined || running.id === added.id) holder.running = added;
  else holder.running = new Map([running, added].map((one) => [one.id, one]));
}

export function removeRunning(holder: OperationsHolder, id: string): void {
  const { running } = holder;
  if (running instanceof Map) running.delete(id);
  else if (running?.id === id) holder.running = undefined;
}

/** Ends and removes all of them. */
export function endAllRunning(holder: OperationsHolder): void {
  const { running } = holder;
  holder.running = undefined;
  if (running instanceof Map) for (const one of running.values()) one.end();
  else running?.end();
}
