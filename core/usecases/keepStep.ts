/** Results of steps: the first process to write one keeps it, and it never changes. */
import { PermanentError } from '../errors.ts';
import type { JsonValue } from '../job.ts';
import { plainJson } from '../plainJson.ts';
import { keptDraft, keptKey, keptKind, type Keeper, type KeptDeps } from './kept.ts';

/** As JSON. A larger result belongs in a file. */
export const maxStepBytes = 256 * 1024;

/** `undefined` is a result too: that of a step without a result. */
export interface StepResult {
  readonly result: JsonValue | undefined;
}

/** Undefined where there is none yet. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function readStep({ table }: KeptDeps, keeper: Keeper, name: string): Promise<StepResult | undefined> {
  const entry = await table.entries.get(keptKind, keptKey(keeper, 'step', name));
  return entry?.value.kind === 'step' ? { result: entry.value.result } : undefined;
}

/** As it will be returned later: a copy. @throws {PermanentError} for a result that is not JSON, or too large. */
export function stepResult(name: string, value: unknown): StepResult {
  if (value === undefined) return { result: undefined };
  try {
    return { result: plainJson(value, maxStepBytes) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new PermanentError(`The result of the step "${name}" cannot be kept: ${reason}`, { cause: error });
  }
}

/** Returns what is kept: if two runs did the step at once, the result of the first. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function keepStep({ table }: KeptDeps, keeper: Keeper, name: string, { result }: StepResult): Promise<StepResult> {
  const finishedAt = (await table.time()).at;
  const value = { kind: 'step', finishedAt, ...(result === undefined ? {} : { result }) } as const;
  const { entry } = await table.entries.create(keptKind, keptDraft(keeper, name, value, finishedAt));
  return entry?.value.kind === 'step' ? { result: entry.value.result } : { result };
}
