/** Entry of the Lambda on the schedule; see lambda/sweeper.ts. */
import { createSweeper } from '../sweeper.ts';
import { openContainer } from './container.ts';

const { core, settled } = await openContainer('sweeper');

export const handler = settled(createSweeper(core));
