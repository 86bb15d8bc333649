/** The variables of an operation, coerced in one place, whichever transport they came by. */
import {
  getNamedType,
  getVariableValues,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
  type GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { inexactIntegerOf } from '../core/json.ts';
import { badInput, requireText } from '../core/text.ts';
import { inexactProblem, JsonScalar } from './scalars.ts';

export type CoercedVariables =
  | { readonly coerced: Readonly<Record<string, unknown>>; readonly errors?: undefined }
  | { readonly errors: readonly GraphQLError[]; readonly coerced?: undefined };

/**
 * As graphql-js does it: absent, null and default are told apart by which keys there are.
 * @throws {JobError} `BAD_USER_INPUT` for text that is not well-formed Unicode. That of literals the parser has seen;
 *   JSON is looked at entry by entry, so that one of a batch does not fail the others (`checkedJson`).
 */
export function coerceVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  sent: Readonly<Record<string, unknown>>,
  options: { readonly hideSuggestions: boolean },
): CoercedVariables {
  for (const { variable, type } of variableDefinitions) {
    const name = variable.name.value;
    const inputType = typeFromAST(schema, type);
    if (!Object.hasOwn(sent, name) || inputType === undefined) continue;
    // The path within an input, as the use cases say it; a variable of its own is called by its name.
    if (isInputType(inputType)) requireTexts(sent[name], inputType, isInputObjectType(getNamedType(inputType)) ? [] : [name]);
  }
  return getVariableValues(schema, variableDefinitions, sent, { ...options, maxErrors: 20 });
}

/** Walks what was sent by the type it is sent for: what does not fit is the coercion's to report. */
function requireTexts(value: unknown, type: GraphQLInputType, path: readonly (string | number)[]): void {
  if (isNonNullType(type)) return requireTexts(value, type.ofType, path);
  if (isListType(type)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const [index, item] of items.entries()) requireTexts(item, type.ofType, Array.isArray(value) ? [...path, index] : path);
    return undefined;
  }
  if (type.name === JsonScalar.name) return undefined;
  if (typeof value === 'string') return void requireText(value, path);
  if (typeof value !== 'object' || value === null) return undefined;
  if (inexactIntegerOf(value) !== undefined) throw badInput(inexactProblem, path);
  if (!isInputObjectType(type)) return undefined;
  for (const [name, field] of Object.entries(type.getFields())) {
    if (Object.hasOwn(value, name)) requireTexts(Reflect.get(value, name), field.type, [...path, name]);
  }
}
