import { parse, validate } from 'graphql';
import type { z } from 'zod';
import { expect, expectTypeOf, test } from 'vitest';
import { clientDocuments } from '../../client/jobTickets.ts';
import type { ProjectJobTypes } from '../../client/jobTypes.ts';
import { watchJobDocument } from '../../client/watchJob.ts';
import type { jobTypes, JobTypeName } from '../../core/jobType.ts';
import { documents } from '../../dashboard/documents.ts';
import { schema } from '../../schema/index.ts';

test.each(Object.entries({ ...clientDocuments, watchJob: watchJobDocument, ...documents }))(
  'what the client and the dashboard ask as %s is in the schema',
  (_name, document) => {
    expect(validate(schema, parse(document))).toEqual([]);
  },
);

test('the client’s types of params and results are those of the job types', () => {
  type FromCore = {
    readonly [Name in JobTypeName]: {
      readonly params: z.input<(typeof jobTypes)[Name]['params']>;
      readonly result: z.output<(typeof jobTypes)[Name]['result']>;
    };
  };
  expectTypeOf<ProjectJobTypes>().toEqualTypeOf<FromCore>();
});
