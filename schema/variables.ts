/** The variables of an operation, coerced in one place and once, on every transport. */
import {
  getNamedType,
  getVariableValues,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  Kind,
  typeFromAST,
  type DocumentNode,
  type GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { inexactIntegerOf } from '../core/json.ts';
import { jsonSize, type JsonSize } from '../core/jsonSize.ts';
import { badInput, requireText } from '../core/text.ts';
import { argumentsSize, literalSize, maxValues, requireFewValues } from './inputSize.ts';
import { inexactProblem, JsonScalar } from './scalars.ts';

export type CoercedVariables =
  | { readonly coerced: Readonly<Record<string, unknown>>; readonly errors?: undefined }
  | { readonly errors: readonly GraphQLError[]; readonly coerced?: undefined };

export interface CoercionOptions {
  /** The variables of the operation, with its fragments. */
  readonly document: DocumentNode;
  readonly hideSuggestions: boolean;
  /** Of all arguments together, as if variables were written out in them. */
  readonly maxBytes: number;
}

/** Each error costs a search for its path and message: a few are enough to correct a client. */
const maxErrors = 5;

/** Entries of lists and fields of inputs that have a named type; JSON is not counted. A workflow of a thousand jobs has some 20,000. */
const maxTypedValues = 30_000;

/**
 * As in graphql-js: whether a key is present tells absent, null and default apart. Variables that the operation does not define
 * are dropped.
 * @throws {JobError} `BAD_USER_INPUT` for more than is accepted, and for text that is not well-formed Unicode. That of literals
 * the parser has seen; JSON is looked at entry by entry, so that one of a batch does not fail the others (`checkedJson`).
 */
export function coerceVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  sent: Readonly<Record<string, unknown>>,
  { document, hideSuggestions, maxBytes }: CoercionOptions,
): CoercedVariables {
  const { variableDefinitions = [] } = operation;
  const sizes = new Map<string, JsonSize>();
  for (const { variable, type, defaultValue } of variableDefinitions) {
    const name = variable.name.value;
    const inputType = typeFromAST(schema, type);
    if (!Object.hasOwn(sent, name)) {
      if (defaultValue !== undefined) sizes.set(name, literalSize(defaultValue, sizes));
      continue;
    }
    const size = jsonSize(sent[name], maxValues, maxBytes);
    requireFewValues(size, maxBytes, name);
    sizes.set(name, size);
    // The path within an input, as the use cases give it; a variable that is no input object is named itself.
    const path = isInputObjectType(getNamedType(inputType)) ? [] : [name];
    if (isInputType(inputType)) requireTexts(sent[name], inputType, path, { left: maxTypedValues });
  }
  requireFewValues(argumentsSize(document, operation, sizes), maxBytes);
  return getVariableValues(schema, variableDefinitions, sent, { hideSuggestions, maxErrors });
}

/**
 * The same document, for values that are coerced already: the executor coerces variables again, and accepts these unchanged.
 * Variables without a default there have been given it here.
 */
export function forCoercedVariables(document: DocumentNode): DocumentNode {
  const known = coercedDocuments.get(document);
  if (known !== undefined) return known;
  const definitions = document.definitions.map((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION || definition.variableDefinitions === undefined) return definition;
    const variableDefinitions = definition.variableDefinitions.map(({ defaultValue: _given, ...rest }) => ({ ...rest, type: asItIs }));
    return { ...definition, variableDefinitions };
  });
  const made = { ...document, definitions };
  coercedDocuments.set(document, made);
  return made;
}

const coercedDocuments = new WeakMap<DocumentNode, DocumentNode>();
const asItIs = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: JsonScalar.name } } as const;

/** Walks the client's value by its declared type. A value that does not fit is left for the coercion to report. */
function requireTexts(value: unknown, type: GraphQLInputType, path: readonly (string | number)[], budget: { left: number }): void {
  if (isNonNullType(type)) return requireTexts(value, type.ofType, path, budget);
  if (!isListType(type) && type.name === JsonScalar.name) return undefined;
  if (--budget.left < 0) throw badInput(`lies beyond ${maxTypedValues} entries and fields`, path);
  if (isListType(type)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const [index, item] of items.entries()) requireTexts(item, type.ofType, Array.isArray(value) ? [...path, index] : path, budget);
    return undefined;
  }
  if (typeof value === 'string') return void requireText(value, path);
  if (typeof value !== 'object' || value === null) return undefined;
  if (inexactIntegerOf(value) !== undefined) throw badInput(inexactProblem, path);
  if (!isInputObjectType(type)) return undefined;
  const names = Object.keys(value);
  budget.left -= names.length;
  const fields = type.getFields();
  for (const name of names) {
    const field = fields[name];
    if (field !== undefined) requireTexts(Reflect.get(value, name), field.type, [...path, name], budget);
  }
}
