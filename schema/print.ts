/** `npm run schema`: prints the contract; its output is checked in as schema.graphql. */
import { printSchema } from 'graphql';
import { schema } from './index.ts';

process.stdout.write(`${printSchema(schema)}\n`);
