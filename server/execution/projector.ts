/**
 * A subscription's selection, compiled once into a function that writes the answer to an event as text: what graphql-js would
 * answer, byte for byte, or nothing. A selection that is not understood gives no such function, and an event with an error in
 * it, or with a value of the wrong type, makes it throw: then graphql-js executes.
 */
import {
  defaultFieldResolver,
  getArgumentValues,
  getOperationAST,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
} from 'graphql';
import type { ApiContext } from '../../schema/index.ts';
import { leafWriter, unprojectable } from './leafWriter.ts';
import type { WatchArgs } from './operations.ts';
import { selectedFields } from './selectedFields.ts';

export type Text = string | Promise<string>;

/** The text of `{"data":…}`. Throws, or rejects, where graphql-js has to answer. */
export type Projector = (event: object, context: ApiContext) => Text;

type Write = (value: unknown, context: ApiContext) => Text;
type WriteField = (source: object, context: ApiContext) => Text;

/** A field of an object, after text that is the same for every object. */
interface Part {
  readonly before: string;
  readonly write: WriteField;
}

export function compileProjector(args: Pick<WatchArgs, 'schema' | 'document' | 'operationName' | 'coerced'>): Projector | undefined {
  const { schema, document, operationName, coerced: variables } = args;
  const root = schema.getSubscriptionType();
  const operation = getOperationAST(document, operationName);
  if (root === undefined || root === null || operation === undefined || operation === null) return undefined;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const scope = { fragments, variables };

  function objectWriter(type: GraphQLObjectType, fields: ReadonlyMap<string, readonly FieldNode[]>): Write {
    if (type.isTypeOf !== undefined && type.isTypeOf !== null) throw unprojectable;
    const parts: Part[] = [];
    let before = '{';
    for (const [key, nodes] of fields) {
      before += `${before === '{' && parts.length === 0 ? '' : ','}${JSON.stringify(key)}:`;
      if (nodes[0]?.name.value === '__typename') {
        before += JSON.stringify(type.name);
      } else {
        parts.push({ before, write: fieldWriter(type, nodes) });
        before = '';
      }
    }
    const end = `${before}}`;
    return (value, context) => {
      if (typeof value !== 'object' || value === null || value instanceof Error) throw unprojectable;
      return assemble(parts, end, value, context);
    };
  }

  function fieldWriter(type: GraphQLObjectType, nodes: readonly FieldNode[]): WriteField {
    const [node] = nodes;
    const field = node === undefined ? undefined : type.getFields()[node.name.value];
    if (node === undefined || field === undefined) throw unprojectable;
    const write = valueWriter(field.type, nodes);
    const { resolve, name } = field;
    if (resolve === undefined || resolve === defaultFieldResolver) {
      return (source, context) => {
        const value: unknown = Reflect.get(source, name);
        if (typeof value === 'function' || isPromise(value)) throw unprojectable;
        return write(value, context);
      };
    }
    // A resolver with a fourth parameter needs the execution, and there is none here.
    if (resolve.length > 3) throw unprojectable;
    const values = getArgumentValues(field, node, variables);
    return (source, context) => {
      const value: unknown = Reflect.apply(resolve, undefined, [source, values, context]);
      return isPromise(value) ? value.then((resolved) => write(resolved, context)) : write(value, context);
    };
  }

  function valueWriter(type: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
    const write = presentWriter(isNonNullType(type) ? type.ofType : type, nodes);
    if (!isNonNullType(type)) return (value, context) => (value === null || value === undefined ? 'null' : write(value, context));
    return (value, context) => {
      if (value === null || value === undefined) throw unprojectable;
      return write(value, context);
    };
  }

  function presentWriter(type: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
    if (isLeafType(type)) return leafWriter(type);
    if (isListType(type)) return listWriter(valueWriter(type.ofType, nodes));
    if (!isObjectType(type)) throw unprojectable;
    const selectionSets = nodes.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]));
    return objectWriter(type, selectedFields(type, selectionSets, scope));
  }

  try {
    const write = objectWriter(root, selectedFields(root, [operation.selectionSet], scope));
    return (event, context) => {
      const text = write(event, context);
      return typeof text === 'string' ? `{"data":${text}}` : text.then((data) => `{"data":${data}}`);
    };
  } catch {
    return undefined;
  }
}

/** Items that come later are not supported: a job has none. */
function listWriter(write: Write): Write {
  return (value, context) => {
    if (!Array.isArray(value)) throw unprojectable;
    const items: readonly unknown[] = value;
    const texts = items.map((item) => (isPromise(item) ? unprojectable : write(item, context)));
    if (texts.every((text) => typeof text === 'string')) return `[${texts.join(',')}]`;
    for (const text of texts) if (text instanceof Promise) text.catch(() => undefined);
    throw unprojectable;
  };
}

/** All begin together, as in graphql-js, so that reads of one turn are one read. */
function assemble(parts: readonly Part[], end: string, source: object, context: ApiContext): Text {
  let text = '';
  let later: Text[] | undefined;
  for (const { before, write } of parts) {
    if (later === undefined) {
      const written = write(source, context);
      if (typeof written === 'string') text += before + written;
      else later = [text + before, written];
    } else {
      later.push(before, guarded(write, source, context));
    }
  }
  return later === undefined ? text + end : joined(later, end);
}

async function joined(texts: readonly Text[], end: string): Promise<string> {
  return (await Promise.all(texts.map(async (text) => text))).join('') + end;
}

/** Its error has to be awaited as well, or a rejection during another wait would be unhandled. */
function guarded(write: WriteField, source: object, context: ApiContext): Text {
  try {
    return write(source, context);
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : unprojectable);
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
