/** The cost of an operation: each field of the answer counts 1, a page as many as its size, and large fields more. */
import { complexityFromQuery } from '@pothos/plugin-complexity';
import { GraphQLError, Kind, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { forCoercedVariables } from './variables.ts';

export interface CostedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly coerced: Readonly<Record<string, unknown>>;
}

/** @throws {GraphQLError} `OPERATION_TOO_COSTLY`, or the error of an argument that a cost depends on. */
export function affordableCost({ schema, document, operation, coerced }: CostedOperation, maxCost: number): number {
  const { complexity } = complexityFromQuery(costedDocument(document, operation), { schema, variables: { ...coerced } });
  if (complexity <= maxCost) return complexity;
  throw new GraphQLError(`The operation may return ${complexity} fields, more than ${maxCost}.`, {
    extensions: { code: 'OPERATION_TOO_COSTLY' },
  });
}

/** The plugin takes a document's first operation; here the client's choice is used. Its variables are used unchanged. */
function costedDocument(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const known = costedDocuments.get(operation);
  if (known !== undefined) return known;
  const { definitions } = forCoercedVariables({ ...document, definitions: [operation] });
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const made = { ...document, definitions: [...definitions, ...fragments] };
  costedDocuments.set(operation, made);
  return made;
}

/** By operation, which belongs to one document: repeated documents stay in the cache of documents, and these with them. */
const costedDocuments = new WeakMap<OperationDefinitionNode, DocumentNode>();
