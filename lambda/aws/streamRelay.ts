/** Entry of the Lambda on the table’s stream; see lambda/streamRelay.ts. */
import { createStreamRelay } from '../streamRelay.ts';
import { openContainer } from './container.ts';

export const handler = createStreamRelay(openContainer('streamRelay'));
