import { parse, validate } from 'graphql';
import { expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import { clientDocuments } from '../../client/jobTickets.ts';
import type { ProjectJobTypes } from '../../client/jobTypes.ts';
import { watchJobDocument } from '../../client/watchJob.ts';
import { documents } from '../../dashboard/documents.ts';
import type jobs from '../../jobs/index.ts';
import { schema } from '../../schema/index.ts';

test.each(Object.entries({ ...clientDocuments, watchJob: watchJobDocument, ...documents }))(
  'what the client and the dashboard ask as %s is in the schema',
  (_name, document) => {
    expect(validate(schema, parse(document))).toEqual([]);
  },
);

test('the client’s types of params and results are those of the job types', () => {
  type FromCore = {
    readonly [Type in (typeof jobs)[number]['type'] as Type['name']]: {
      readonly params: z.input<Type['params']>;
      readonly result: z.output<Type['result']>;
    };
  };
  expectTypeOf<ProjectJobTypes>().toEqualTypeOf<FromCore>();
});
