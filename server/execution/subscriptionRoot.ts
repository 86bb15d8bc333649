/** Checks of a subscription's root field that graphql-js leaves out, and where it fails without a helpful message. */
import { GraphQLError, Kind, OperationTypeNode, type SelectionSetNode, type ValidationContext, type ValidationRule } from 'graphql';

/** The specification's CollectSubscriptionFields: `@skip` or `@include` there could leave a subscription without a field. */
export const unconditionalSubscriptionRule: ValidationRule = (context) => ({
  OperationDefinition({ operation, selectionSet }) {
    if (operation !== OperationTypeNode.SUBSCRIPTION) return;
    if (!isConditional(selectionSet, context, new Set())) return;
    context.reportError(
      new GraphQLError('The root field of a subscription may not be conditional: leave out @skip and @include, or do not subscribe.'),
    );
  },
});

function isConditional({ selections }: SelectionSetNode, context: ValidationContext, seen: Set<string>): boolean {
  return selections.some((selection) => {
    if (selection.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include') === true) return true;
    if (selection.kind === Kind.FIELD) return false;
    if (selection.kind === Kind.INLINE_FRAGMENT) return isConditional(selection.selectionSet, context, seen);
    if (seen.has(selection.name.value)) return false;
    seen.add(selection.name.value);
    const fragment = context.getFragment(selection.name.value);
    return fragment !== null && fragment !== undefined && isConditional(fragment.selectionSet, context, seen);
  });
}
