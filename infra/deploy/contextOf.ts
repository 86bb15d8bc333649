/** The context that a person gives with `-c name=value`, in the form that the CDK takes. */
import { ContextError, contextNames } from '../context.ts';

/** @param given each `name=value`. @throws {ContextError} */
export function contextOf(given: readonly string[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((entry) => {
      const [, name, value] = /^(\w+)=(.+)$/.exec(entry) ?? [];
      if (name === undefined || value === undefined) throw new ContextError(`-c ${entry}: must be <name>=<value>`);
      if (!isKnown(name)) throw new ContextError(`-c ${name}: must be one of ${contextNames.join(', ')}`);
      return [name, value];
    }),
  );
}

function isKnown(name: string): boolean {
  const known: readonly string[] = contextNames;
  return known.includes(name);
}
