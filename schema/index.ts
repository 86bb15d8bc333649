/** The GraphQL contract as a schema, and what a server needs in addition. */
import { builder } from './builder.ts';
import './query.ts';
import './mutation.ts';
import './jobErrors.ts';
import './jobStatistics.ts';
import './limits.ts';
import './pauseMutations.ts';
import './jobOutputs.ts';
import './slotHolders.ts';
import './viewer.ts';
import './scheduleQueries.ts';
import './scheduleMutations.ts';
import './webhookQueries.ts';
import './webhookMutations.ts';
import './workflowOperations.ts';
import './subscription.ts';
import './bulkOperationFields.ts';
import './workflowSubscription.ts';
import './worker.ts';
import { guardWatchTokens } from './watchToken.ts';

/** In the order of the source, which groups what belongs together. */
export const schema = guardWatchTokens(builder.toSchema({ sortSchema: false }));

export type { AnswerSize, ApiContext } from './context.ts';
export { affordableCost } from './cost.ts';
export { toGraphQLError } from './errors.ts';
export type { WatchTokenRequest } from './watchToken.ts';
export { coerceVariables, forCoercedVariables, type CoercedVariables } from './variables.ts';
