/** Documents as clients send them: limited, parsed and validated in one place, and once while they come again. */
import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type ValidationRule,
} from 'graphql';
import { createDocumentCache } from './documentCache.ts';
import { documentLimitsRule, requireWithinLimits } from './documentLimits.ts';
import type { Steps } from './pipeline.ts';
import { unconditionalSubscriptionRule } from './subscriptionRoot.ts';

export interface Documents {
  /** The same text gives the same object. @throws {GraphQLError} what is wrong with it; several at once as an `InvalidDocument`. */
  read(text: string, steps: Pick<Steps, 'parse' | 'validate'>): DocumentNode;
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
  /** In production the schema is not told to strangers, neither whole nor by hints about what was nearly right. */
  readonly hidesSchema: boolean;
}

export function createDocuments({ schema, hidesSchema }: DocumentsOptions): Documents {
  const known = createDocumentCache<DocumentNode | GraphQLError | InvalidDocument>();
  /** Beside those of the specification, which the pipeline brings. */
  const rules: readonly ValidationRule[] = [documentLimitsRule, ...(hidesSchema ? [NoSchemaIntrospectionCustomRule] : [])];
  const options = { maxErrors: 20, hideSuggestions: hidesSchema };

  function look(text: string, steps: Pick<Steps, 'parse' | 'validate'>): DocumentNode | GraphQLError | InvalidDocument {
    try {
      requireWithinLimits(text);
      const document = steps.parse(text);
      // Alone and first: a rule of graphql-js takes such a condition for one that is known, and throws.
      const conditional = validate(schema, document, [unconditionalSubscriptionRule], options);
      const errors = conditional.length > 0 ? conditional : steps.validate(schema, document, rules, options);
      return errors.length === 0 ? document : new InvalidDocument(errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')));
    } catch (error) {
      if (error instanceof GraphQLError) return coded(error, 'GRAPHQL_PARSE_FAILED');
      throw error;
    }
  }

  return {
    read(text, steps) {
      const seen = known.get(text) ?? look(text, steps);
      // What is longer than any document may be is not kept either.
      if (!isTooLarge(seen)) known.set(text, seen);
      if (seen instanceof Error) throw seen;
      return seen;
    },
  };
}

function coded(error: GraphQLError, code: string): GraphQLError {
  error.extensions['code'] ??= code;
  return error;
}

function isTooLarge(seen: DocumentNode | Error): boolean {
  return seen instanceof GraphQLError && seen.extensions['code'] === 'DOCUMENT_TOO_LARGE';
}
