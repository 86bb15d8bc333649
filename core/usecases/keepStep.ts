/** Results of steps: kept by whoever is first, and never changed. */
import { PermanentError } from '../errors.ts';
import type { JsonValue } from '../job.ts';
import { plainJson } from '../plainJson.ts';
import { keptDraft, keptKey, keptKind, type Keeper, type KeptDeps } from './kept.ts';

/** As JSON. What is larger belongs into a file. */
export const maxStepBytes = 256 * 1024;

/** `undefined` is a result too: that of a step that has none. */
export interface StepResult {
  readonly result: JsonValue | undefined;
}

/** Undefined where there is none yet. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function readStep({ table }: KeptDeps, keeper: Keeper, name: string): Promise<StepResult | undefined> {
  const entry = await table.entries.get(keptKind, keptKey(keeper, 'step', name));
  return entry?.value.kind === 'step' ? { result: entry.value.result } : undefined;
}

/** As it will be given back: a copy. @throws {PermanentError} for what is no JSON, or too large. */
export function stepResult(name: string, value: unknown): StepResult {
  if (value === undefined) return { result: undefined };
  try {
    return { result: plainJson(value, maxStepBytes) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new PermanentError(`The result of the step "${name}" cannot be kept: ${reason}`, { cause: error });
  }
}

/** Answers what is kept: of two that did the step at once, the result of the first. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function keepStep({ table }: KeptDeps, keeper: Keeper, name: string, { result }: StepResult): Promise<StepResult> {
  const finishedAt = (await table.time()).at;
  const value = { kind: 'step', finishedAt, ...(result === undefined ? {} : { result }) } as const;
  const { entry } = await table.entries.create(keptKind, keptDraft(keeper, name, value, finishedAt));
  return entry?.value.kind === 'step' ? { result: entry.value.result } : { result };
}
