/** Entry of the Lambda on the dead-letter queue; see lambda/dlqHandler.ts. */
import { createDlqHandler } from '../dlqHandler.ts';
import { openContainer } from './container.ts';

const { core, settled } = await openContainer('dlqHandler');

export const handler = settled(createDlqHandler(core));
