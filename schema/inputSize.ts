/**
 * How large a client's values are, counted before they are processed: each variable once, stopping at the first limit, and then
 * as if it were written out wherever the document names it.
 */
import { Kind, type DocumentNode, type OperationDefinitionNode, type SelectionSetNode, type ValueNode } from 'graphql';
import { jsonSize, nothing, type JsonSize } from '../core/jsonSize.ts';
import { JobError } from '../core/errors.ts';
import { badInput } from '../core/text.ts';

/** The values of an operation, whatever their nesting: a page of a hundred jobs has a thousand. */
export const maxValues = 50_000;

/** @throws {JobError} `BAD_USER_INPUT` for a variable beyond the limits, or for all arguments together. */
export function requireFewValues({ values, bytes }: JsonSize, maxBytes: number, variable?: string): void {
  const problem = values > maxValues ? `${maxValues} values` : bytes > maxBytes ? `${maxBytes} bytes` : undefined;
  if (problem === undefined) return;
  if (variable !== undefined) throw badInput(`holds more than ${problem}`, [variable]);
  throw new JobError('BAD_USER_INPUT', {
    message: `The arguments hold more than ${problem}; a variable counts wherever it is named.`,
  });
}

/** Of all arguments of the operation together. A fragment is walked once, and counted wherever it is spread. */
export function argumentsSize(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: ReadonlyMap<string, JsonSize>,
): JsonSize {
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition.selectionSet] as const] : [],
    ),
  );
  const known = new Map<string, JsonSize>();

  function ofSelections({ selections }: SelectionSetNode): JsonSize {
    return sum(
      selections.map((selection) => {
        if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value);
        const inner = selection.selectionSet === undefined ? nothing : ofSelections(selection.selectionSet);
        if (selection.kind === Kind.INLINE_FRAGMENT) return inner;
        return sum([inner, ...(selection.arguments ?? []).map(({ value }) => literalSize(value, variables))]);
      }),
    );
  }

  function ofFragment(name: string): JsonSize {
    const before = known.get(name);
    if (before !== undefined) return before;
    // Validated documents have no cyclic fragments; in others the recursion ends here.
    known.set(name, nothing);
    const fragment = fragments.get(name);
    const size = fragment === undefined ? nothing : ofSelections(fragment);
    known.set(name, size);
    return size;
  }

  return ofSelections(operation.selectionSet);
}

/** Counted like the value that it stands for. */
export function literalSize(node: ValueNode, variables: ReadonlyMap<string, JsonSize>): JsonSize {
  switch (node.kind) {
    case Kind.VARIABLE:
      return variables.get(node.name.value) ?? nothing;
    case Kind.LIST:
      return sum([{ values: 1, bytes: 2 }, ...node.values.map((item) => literalSize(item, variables))]);
    case Kind.OBJECT:
      return sum([{ values: 1, bytes: 2 }, ...node.fields.map(({ value }) => literalSize(value, variables))]);
    case Kind.NULL:
    case Kind.BOOLEAN:
      return jsonSize(null);
    case Kind.STRING:
    case Kind.ENUM:
    case Kind.INT:
    case Kind.FLOAT:
      return { values: 1, bytes: node.value.length };
  }
}

function sum(sizes: readonly JsonSize[]): JsonSize {
  let values = 0;
  let bytes = 0;
  for (const size of sizes) {
    values += size.values;
    bytes += size.bytes;
  }
  return { values, bytes };
}
