/** The variables on which the answer to a subscription's event depends: those below its root field, not its arguments. */
import { getOperationAST, Kind, visit, type DocumentNode } from 'graphql';
import type { WatchArgs } from './operations.ts';

/**
 * Sorted, with their values as the schema takes them; one that is absent, without a default, is left out. Variables of
 * fragments count too, since telling which spread is where gains nothing.
 */
export function variablesBelowRoot({
  document,
  operationName,
  coerced,
}: Pick<WatchArgs, 'document' | 'operationName' | 'coerced'>): readonly (readonly [name: string, value: unknown])[] {
  return namesBelowRoot(document, operationName)
    .filter((name) => Object.hasOwn(coerced, name))
    .map((name) => [name, coerced[name]]);
}

function namesBelowRoot(document: DocumentNode, operationName: string | null | undefined): readonly string[] {
  const names = new Set<string>();
  const collect = { Variable: ({ name }: { readonly name: { readonly value: string } }) => void names.add(name.value) };
  const operation = getOperationAST(document, operationName);
  for (const selection of operation?.selectionSet.selections ?? []) {
    if (selection.kind === Kind.FIELD && selection.selectionSet !== undefined) visit(selection.selectionSet, collect);
    for (const directive of selection.directives ?? []) visit(directive, collect);
  }
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) visit(definition, collect);
  }
  return [...names].toSorted();
}
