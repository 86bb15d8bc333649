/** How large a document may be. Checked before it is executed, over HTTP and WebSocket alike. */
import {
  GraphQLError,
  Kind,
  Lexer,
  Source,
  TokenKind,
  type ASTVisitor,
  type FragmentDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';

const documentLimits = {
  /** Characters: large values belong in variables. */
  length: 64 * 1024,
  tokens: 2000,
  /** Brackets of any kind, nested. */
  nesting: 200,
  /** The standard introspection query is 15 deep; no useful query of this schema is deeper than 7. */
  depth: 16,
  /** Fields in one place are compared with each other, whether they can be merged. The standard introspection query has some 100. */
  fields: 500,
  aliases: 30,
  directives: 50,
};

/**
 * Before it is parsed, since the parser calls itself for each bracket. Answers how many tokens there are.
 * @throws {GraphQLError} `DOCUMENT_TOO_LARGE`.
 */
export function requireWithinLimits(text: string): number {
  if (text.length > documentLimits.length) throw tooLarge(`The document has more than ${documentLimits.length} characters`);
  const lexer = new Lexer(new Source(text));
  let tokens = 0;
  let nesting = 0;
  while (nextKind(lexer) !== TokenKind.EOF) {
    if (++tokens > documentLimits.tokens) throw tooLarge(`The document has more than ${documentLimits.tokens} tokens`);
    if (opening.has(lexer.token.kind)) nesting++;
    if (closing.has(lexer.token.kind)) nesting--;
    if (nesting > documentLimits.nesting) throw tooLarge(`The document nests more than ${documentLimits.nesting} deep`);
  }
  return tokens;
}

/** An invalid token is reported by the parser, which stops there too. */
function nextKind(lexer: Lexer): TokenKind {
  try {
    return lexer.advance().kind;
  } catch {
    return TokenKind.EOF;
  }
}

const opening: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/** Counts fields, aliases and directives of the document, and the depth of each operation with its fragments. */
export const documentLimitsRule: ValidationRule = (context) => {
  let fields = 0;
  let aliases = 0;
  let directives = 0;
  const report = (what: string, limit: number): void => {
    context.reportError(tooLarge(`The document has ${what} than ${limit}`));
  };
  return {
    Field({ alias }) {
      fields += 1;
      if (alias !== undefined) aliases += 1;
    },
    Directive: () => void ++directives,
    OperationDefinition({ selectionSet }) {
      if (depthOf(selectionSet, context) > documentLimits.depth) report('an operation deeper', documentLimits.depth);
    },
    Document: {
      leave() {
        if (fields > documentLimits.fields) report('more fields', documentLimits.fields);
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

function tooLarge(sentence: string): GraphQLError {
  return new GraphQLError(`${sentence}.`, { extensions: { code: 'DOCUMENT_TOO_LARGE' } });
}
