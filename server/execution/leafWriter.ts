/** Writes values of scalars and enums as JSON, in the form of graphql-js' answers. */
import { GraphQLEnumType, isSpecifiedScalarType, type GraphQLLeafType } from 'graphql';

/** Thrown where graphql-js has to answer: nobody reads it, so it is made once, without a stack of its own. */
export const unprojectable = new Error('graphql-js answers this');

/** For a value that is neither null nor undefined. @throws for a value of the wrong type. */
export function leafWriter(type: GraphQLLeafType): (value: unknown) => string {
  if (type instanceof GraphQLEnumType) return enumWriter(type);
  const usual = isSpecifiedScalarType(type) ? usualWriters[type.name] : undefined;
  const write = (value: unknown): string => {
    if (value instanceof Error) throw unprojectable;
    const serialized: unknown = type.serialize(value);
    if (serialized === null || serialized === undefined) throw unprojectable;
    return typeof serialized === 'string' ? quote(serialized) : jsonOf(serialized);
  };
  return usual === undefined ? write : (value) => usual(value) ?? write(value);
}

/** A value that is not JSON, such as a function, is left out of an object: such values do not occur here. */
function jsonOf(value: {}): string {
  const text: unknown = JSON.stringify(value);
  if (typeof text !== 'string') throw unprojectable;
  return text;
}

/** The usual values of the specification's scalars; `undefined` for the rest, which their own `serialize` handles. */
const usualWriters: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  ID: (value) => (typeof value === 'string' ? quote(value) : undefined),
  String: (value) => (typeof value === 'string' ? quote(value) : undefined),
  Int: (value) => (typeof value === 'number' && Math.trunc(value) === value && Math.abs(value) < 2 ** 31 ? `${value}` : undefined),
  Float: (value) => (typeof value === 'number' && Number.isFinite(value) ? `${value}` : undefined),
  Boolean: (value) => (typeof value === 'boolean' ? `${value}` : undefined),
};

/** Short texts that need no escapes: usually ids. */
const plain = /^[\w .:,;+/=#@()-]*$/;

function quote(text: string): string {
  return text.length < 64 && plain.test(text) ? `"${text}"` : JSON.stringify(text);
}

function enumWriter(type: GraphQLEnumType): (value: unknown) => string {
  const texts = new Map<unknown, string>(type.getValues().map(({ name, value }) => [value, JSON.stringify(name)]));
  return (value) => {
    const text = texts.get(value);
    if (text === undefined) throw unprojectable;
    return text;
  };
}
