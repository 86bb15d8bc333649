/** Entry of the Lambda on the table’s stream; see lambda/streamRelay.ts. */
import { createStreamRelay } from '../streamRelay.ts';
import { openContainer } from './container.ts';

const { core, settled } = await openContainer('streamRelay');

export const handler = settled(createStreamRelay(core));
