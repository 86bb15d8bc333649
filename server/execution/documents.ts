/** Documents as clients send them: limited, parsed and validated in one place, and only once while they are repeated. */
import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  stripIgnoredCharacters,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type ValidationRule,
} from 'graphql';
import { forCoercedVariables } from '../../schema/index.ts';
import { createDocumentCache } from './documentCache.ts';
import { documentLimitsRule, requireWithinLimits } from './documentLimits.ts';
import type { Steps } from './pipeline.ts';
import { unconditionalSubscriptionRule } from './subscriptionRoot.ts';
import type { TakeTurn } from './turns.ts';

export interface ValidDocument {
  readonly document: DocumentNode;
  /** The same for all that differ only in comments, commas and spaces, and without these: for caching. */
  lasting(): LastingDocument;
}

/** For variables that are coerced already. */
export interface LastingDocument {
  readonly document: DocumentNode;
  /** The approximate memory that it takes. */
  readonly bytes: number;
}

interface Form {
  lasting: LastingDocument | undefined;
}

export interface Documents {
  /**
   * The same text gives the same object.
   * @param charge Told how many tokens there are to parse and validate, before that is done. What is known costs nothing.
   * @throws {GraphQLError} what is wrong with it; several at once as an `InvalidDocument`.
   */
  read(text: string, steps: Pick<Steps, 'parse' | 'validate'>, charge: (tokens: number) => Promise<void>): Promise<ValidDocument>;
}

/** Thrown with all that validation found. */
export class InvalidDocument extends Error {
  override readonly name = 'InvalidDocument';
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super('The document is not valid.');
    this.errors = errors;
  }
}

export interface DocumentsOptions {
  readonly schema: GraphQLSchema;
  /** In production the schema is not shown to strangers, neither as a whole nor by suggestions in errors. */
  readonly hidesSchema: boolean;
  readonly takeTurn: TakeTurn;
}

/** For each cache: some dozens of the largest allowed documents, and thousands of usual ones. */
const cachedBytes = 8 * 1024 ** 2;
/** The parser's result for a token, with its place in the text and without. */
const placedTokenBytes = 400;
const tokenBytes = 150;

export function createDocuments({ schema, hidesSchema, takeTurn }: DocumentsOptions): Documents {
  const known = createDocumentCache<ValidDocument | GraphQLError | InvalidDocument>(cachedBytes);
  /** Of valid documents: another text of the same form is valid too. */
  const forms = createDocumentCache<Form>(cachedBytes);
  /** In addition to those of the specification, which the pipeline brings. */
  const rules: readonly ValidationRule[] = hidesSchema ? [NoSchemaIntrospectionCustomRule] : [];
  const options = { maxErrors: 20, hideSuggestions: hidesSchema };

  function look(text: string, steps: Pick<Steps, 'parse' | 'validate'>, tokens: number): ValidDocument | InvalidDocument {
    const document = steps.parse(text);
    const normal = stripIgnoredCharacters(text);
    if (forms.get(normal) === undefined) {
      // First: some rules of graphql-js compare each field with each other, and one throws at a conditional subscription.
      const early = validate(schema, document, [documentLimitsRule, unconditionalSubscriptionRule], options);
      const errors = early.length > 0 ? early : steps.validate(schema, document, rules, options);
      if (errors.length > 0) return new InvalidDocument(errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')));
    }
    const form = forms.get(normal) ?? { lasting: undefined };
    forms.set(normal, form, (form.lasting?.bytes ?? 0) + normal.length);
    return { document, lasting: () => form.lasting ?? lastingOf(normal, form, tokens) };
  }

  function lastingOf(normal: string, form: Form, tokens: number): LastingDocument {
    const lasting = { document: forCoercedVariables(parse(normal, { noLocation: true })), bytes: tokens * tokenBytes };
    form.lasting = lasting;
    if (forms.get(normal) === form) forms.set(normal, form, lasting.bytes + normal.length);
    return lasting;
  }

  async function lookAt(
    text: string,
    steps: Pick<Steps, 'parse' | 'validate'>,
    charge: (tokens: number) => Promise<void>,
  ): Promise<ValidDocument | GraphQLError | InvalidDocument> {
    try {
      const tokens = requireWithinLimits(text);
      await charge(tokens);
      await takeTurn();
      // Many clients that reconnect at once send the same: it is checked for the first of them.
      const before = known.get(text);
      if (before !== undefined) return before;
      const seen = look(text, steps, tokens);
      known.set(text, seen, tokens * placedTokenBytes + text.length);
      return seen;
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return coded(error, 'GRAPHQL_PARSE_FAILED');
    }
  }

  return {
    async read(text, steps, charge) {
      const seen = known.get(text) ?? (await lookAt(text, steps, charge));
      if (seen instanceof Error) throw seen;
      return seen;
    },
  };
}

function coded(error: GraphQLError, code: string): GraphQLError {
  error.extensions['code'] ??= code;
  return error;
}
