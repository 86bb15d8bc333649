/** Entry of the Lambda on the schedule; see lambda/sweeper.ts. */
import { createSweeper } from '../sweeper.ts';
import { openContainer } from './container.ts';

export const handler = createSweeper(openContainer('sweeper'));
