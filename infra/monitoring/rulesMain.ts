/** Entry of `npm run alerts`. */
import { allRules } from './rules.ts';

process.stdout.write(allRules());
