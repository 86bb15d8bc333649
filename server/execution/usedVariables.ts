/** Which variables the answer to a subscription's event depends on: those beneath its root field, not its arguments. */
import { getOperationAST, Kind, visit, type DocumentNode } from 'graphql';

/** Sorted names. Variables of fragments count as used, since telling which spread is where gains nothing. */
export function usedVariables(document: DocumentNode, operationName: string | null | undefined): readonly string[] {
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
