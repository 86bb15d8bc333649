/** The context that a person tells with `-c name=value`, as the CDK takes it. */
import { ContextError, contextNames } from '../context.ts';

/** @param given each `name=value`. @throws {ContextError} */
export function contextOf(given: readonly string[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((entry) => {
      const [, name, value] = /^(\w+)=(.+)$/.exec(entry) ?? [];
      if (name === undefined || value === undefined) throw new ContextError(`-c ${entry}: is to be <name>=<value>`);
      if (!isKnown(name)) throw new ContextError(`-c ${name}: is none of ${contextNames.join(', ')}`);
      return [name, value];
    }),
  );
}

function isKnown(name: string): boolean {
  const known: readonly string[] = contextNames;
  return known.includes(name);
}
