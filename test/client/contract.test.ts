import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { clientDocuments } from '../../client/jobTickets.ts';
import { documents } from '../../dashboard/documents.ts';
import { schema } from '../../schema/index.ts';

test.each(Object.entries({ ...clientDocuments, ...documents }))(
  'what the client and the dashboard ask as %s is in the schema',
  (_name, document) => {
    expect(validate(schema, parse(document))).toEqual([]);
  },
);
