/** Random documents of the schema: with fragments, directives, aliases and variables, and now and then a mistake. */
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import type { Operation } from './stage.ts';

/** What the values of a variable or literal are made of, by the name of their type. */
export type Values = Readonly<Record<string, readonly unknown[]>>;

export interface RandomDocuments {
  readonly schema: GraphQLSchema;
  /** From 0 to below 1. */
  readonly chance: () => number;
  readonly values: Values;
}

const maxDepth = 5;

export function randomOperation({ schema, chance, values }: RandomDocuments): Operation {
  const fragments: string[] = [];
  const definitions: string[] = [];
  const variables: Record<string, unknown> = {};
  const happens = (probability: number): boolean => chance() < probability;
  const oneOf = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(chance() * items.length)];

  function valueOf(type: GraphQLInputType): unknown {
    if (happens(0.02)) return oneOf(['wrong', -1, 1.5, [], {}, true, null]);
    if (isNonNullType(type)) return valueOf(type.ofType) ?? oneOf(values['String'] ?? []);
    if (happens(0.1)) return null;
    if (isListType(type)) return Array.from({ length: Math.floor(chance() * 3) }, () => valueOf(type.ofType));
    if (isEnumType(type)) return oneOf(type.getValues())?.name;
    if (!isInputObjectType(type)) return oneOf(values[type.name] ?? []);
    const fields = Object.values(type.getFields()).filter((field) => isNonNullType(field.type) || happens(0.5));
    return Object.fromEntries(fields.map((field) => [field.name, valueOf(field.type)]));
  }

  function literalOf(value: unknown, type: GraphQLInputType): string {
    const inner = isNonNullType(type) ? type.ofType : type;
    if (Array.isArray(value)) return `[${value.map((item) => literalOf(item, isListType(inner) ? inner.ofType : inner)).join(', ')}]`;
    if (isEnumType(inner) && typeof value === 'string') return value;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const fields = isInputObjectType(inner) ? inner.getFields() : {};
    return `{ ${Object.entries(value)
      .map(([name, item]) => `${name}: ${literalOf(item, fields[name]?.type ?? inner)}`)
      .join(', ')} }`;
  }

  function variableOf(type: GraphQLInputType): string {
    const name = `v${definitions.length}`;
    const byDefault = happens(0.2) && !isNonNullType(type) ? ` = ${literalOf(valueOf(type), type)}` : '';
    definitions.push(`$${name}: ${String(type)}${byDefault}`);
    if (!happens(0.15)) variables[name] = valueOf(type);
    return `$${name}`;
  }

  function argumentsOf({ args }: GraphQLField<unknown, unknown>): string {
    const given = args.filter(({ type }) => isNonNullType(type) || happens(0.4));
    if (given.length === 0) return '';
    return `(${given.map(({ name, type }) => `${name}: ${happens(0.5) ? variableOf(type) : literalOf(valueOf(type), type)}`).join(', ')})`;
  }

  function directive(): string {
    if (!happens(0.15)) return '';
    const definition = schema.getDirective(oneOf(['skip', 'include']) ?? 'skip');
    const [argument] = definition?.args ?? [];
    if (definition === undefined || definition === null || argument === undefined) return '';
    return ` @${definition.name}(if: ${happens(0.5) ? variableOf(argument.type) : String(happens(0.5))})`;
  }

  function selectionOf(type: GraphQLObjectType, depth: number, isRoot = false): string {
    const fields = Object.values(type.getFields());
    const count = isRoot ? 1 : 1 + Math.floor(chance() * 3);
    const parts = Array.from({ length: count }, () => {
      if (!isRoot && happens(0.1)) return `... on ${type.name}${directive()} ${selectionOf(type, depth + 1)}`;
      if (!isRoot && happens(0.1)) return spreadOf(type, depth);
      if (happens(0.05)) return '__typename';
      if (happens(0.02)) return 'nothing';
      const field = oneOf(fields);
      if (field === undefined) return '__typename';
      const inner = getNamedType(field.type);
      const alias = happens(0.1) ? `${oneOf(['a', 'b', field.name])}: ` : '';
      if (!isObjectType(inner)) return `${alias}${field.name}${argumentsOf(field)}${directive()}`;
      const below = depth < maxDepth ? selectionOf(inner, depth + 1) : '{ __typename }';
      return `${alias}${field.name}${argumentsOf(field)}${directive()} ${below}`;
    });
    return `{ ${parts.join(' ')} }`;
  }

  function spreadOf(type: GraphQLObjectType, depth: number): string {
    const name = `F${fragments.length}`;
    fragments.push('');
    fragments[Number(name.slice(1))] = `fragment ${name} on ${type.name} ${selectionOf(type, depth + 1)}`;
    return `...${name}${directive()}`;
  }

  const kind = oneOf(['query', 'query', 'query', 'subscription', 'mutation'] as const) ?? 'query';
  const root = { query: schema.getQueryType(), mutation: schema.getMutationType(), subscription: schema.getSubscriptionType() }[kind];
  if (root === undefined || root === null) throw new Error(`the schema has no ${kind}`);
  const selection = selectionOf(root, 0, kind === 'subscription');
  const head = `${kind} Op${definitions.length === 0 ? '' : `(${definitions.join(', ')})`}`;
  const query = [`${head} ${selection}`, ...fragments].join('\n');
  const operationName = oneOf([undefined, undefined, undefined, 'Op', 'Other']);
  return { query, variables, ...(operationName === undefined ? {} : { operationName }) };
}
