/** How large a document may be. Checked before it is executed, over HTTP and WebSocket alike. */
import {
  GraphQLError,
  Kind,
  NoSchemaIntrospectionCustomRule,
  parse,
  validate,
  type ASTVisitor,
  type FragmentDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';

export const documentLimits = {
  /** Characters: what is large goes into variables. */
  length: 64 * 1024,
  /** Also bounds how deep a literal can nest, and with it the parser's stack. */
  tokens: 2000,
  /** The standard introspection query is 15 deep, no useful one of this schema above 7. */
  depth: 16,
  aliases: 30,
  directives: 50,
};

/** In production the schema is not told to strangers, neither whole nor by hints about what was nearly right. */
export function useDocumentLimits({ hidesSchema }: { readonly hidesSchema: boolean }): Plugin {
  return {
    onParse({ params: { source }, setParseFn }) {
      const text = typeof source === 'string' ? source : source.body;
      if (text.length > documentLimits.length) throw tooLarge(`The document has more than ${documentLimits.length} characters`, 413);
      setParseFn((document: typeof source) => parse(document, { maxTokens: documentLimits.tokens }));
      return ({ result }) => {
        if (result instanceof GraphQLError) Object.assign(result.extensions, { code: 'GRAPHQL_PARSE_FAILED' });
      };
    },
    onValidate({ addValidationRule, setValidationFn }) {
      addValidationRule(documentLimitsRule);
      if (hidesSchema) addValidationRule(NoSchemaIntrospectionCustomRule);
      const options = { maxErrors: 20, hideSuggestions: hidesSchema };
      setValidationFn((...[schema, document, rules]: Parameters<typeof validate>) => validate(schema, document, rules, options));
    },
    onExecute({ args }) {
      Object.assign(args, { hideSuggestions: hidesSchema });
    },
    onSubscribe({ args }) {
      Object.assign(args, { hideSuggestions: hidesSchema });
    },
  };
}

/** Counts aliases and directives of the document, and the depth of each operation with its fragments. */
export const documentLimitsRule: ValidationRule = (context) => {
  let aliases = 0;
  let directives = 0;
  const report = (what: string, limit: number): void => {
    context.reportError(tooLarge(`The document has ${what} than ${limit}`, 400));
  };
  return {
    Field: ({ alias }) => void (alias !== undefined && ++aliases),
    Directive: () => void ++directives,
    OperationDefinition({ selectionSet }) {
      if (depthOf(selectionSet, context) > documentLimits.depth) report('an operation deeper', documentLimits.depth);
    },
    Document: {
      leave() {
        if (aliases > documentLimits.aliases) report('more aliases', documentLimits.aliases);
        if (directives > documentLimits.directives) report('more directives', documentLimits.directives);
      },
    },
  } satisfies ASTVisitor;
};

/** Fragments are measured once; one that contains itself, which another rule reports, adds nothing. */
function depthOf(selectionSet: SelectionSetNode, context: ValidationContext): number {
  const fragmentDepths = new Map<FragmentDefinitionNode, number>();
  const measure = ({ selections }: SelectionSetNode): number =>
    Math.max(
      ...selections.map((selection) => {
        if (selection.kind === Kind.FIELD) return 1 + (selection.selectionSet === undefined ? 0 : measure(selection.selectionSet));
        if (selection.kind === Kind.INLINE_FRAGMENT) return measure(selection.selectionSet);
        const fragment = context.getFragment(selection.name.value);
        return fragment ? measureFragment(fragment) : 0;
      }),
    );
  const measureFragment = (fragment: FragmentDefinitionNode): number => {
    const known = fragmentDepths.get(fragment);
    if (known !== undefined) return known;
    fragmentDepths.set(fragment, 0);
    const depth = measure(fragment.selectionSet);
    fragmentDepths.set(fragment, depth);
    return depth;
  };
  return measure(selectionSet);
}

function tooLarge(sentence: string, status: number): GraphQLError {
  return new GraphQLError(`${sentence}.`, { extensions: { code: 'DOCUMENT_TOO_LARGE', http: { status } } });
}
