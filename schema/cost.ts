/** What an operation may cost: a field of the answer counts 1, a page's fields its size, and large fields more. */
import { complexityFromQuery } from '@pothos/plugin-complexity';
import { getOperationAST, getVariableValues, GraphQLError, Kind, type ExecutionArgs, type OperationDefinitionNode } from 'graphql';

export type CostedOperation = Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues'>;

/** @throws {GraphQLError} `OPERATION_TOO_COSTLY`, or what is wrong with an argument that a cost depends on. */
export function requireAffordable(args: CostedOperation, maxCost: number): void {
  const operation = getOperationAST(args.document, args.operationName);
  if (operation === null || operation === undefined) return;
  const cost = costOf(operation, args);
  if (cost <= maxCost) return;
  throw new GraphQLError(`The operation may answer ${cost} fields, more than ${maxCost}.`, {
    extensions: { code: 'OPERATION_TOO_COSTLY' },
  });
}

function costOf(operation: OperationDefinitionNode, { schema, document, variableValues }: CostedOperation): number {
  const variables = variableValues ?? {};
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  try {
    // The plugin takes a document's first operation; which of several is meant, the client says.
    return complexityFromQuery({ ...document, definitions: [operation, ...fragments] }, { schema, variables }).complexity;
  } catch (error) {
    // Variables that do not fit their type keep the operation from running anyway, and execution says more about them.
    if (getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors !== undefined) return 0;
    throw error;
  }
}
