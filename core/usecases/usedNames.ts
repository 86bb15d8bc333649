/** The names that a handler has given in one run to steps, waits and children. */
import { PermanentError } from '../errors.ts';
import { requireName } from './kept.ts';

/**
 * Takes a name for a thing of this kind. Each is used once in a run: a second use would get what belongs to the first.
 * @throws {PermanentError} for a name that is used already, or is none.
 */
export type UseName = (kind: 'step' | 'sleep' | 'signal' | 'child', name: string) => void;

/** For one run. */
export function createUsedNames(): UseName {
  const used = new Set<string>();
  return (kind, name) => {
    requireName(name);
    const key = `${kind} ${name}`;
    if (used.has(key)) {
      throw new PermanentError(`The ${kind} "${name}" is in this run already: give each ${kind} its own name, such as "${name} 2".`);
    }
    used.add(key);
  };
}
