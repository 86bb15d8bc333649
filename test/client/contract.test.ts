import { isEnumType, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { isApiCode } from '../../client/errorCode.ts';
import { clientDocuments } from '../../client/documents.ts';
import { bulkDocuments } from '../../dashboard/bulk.ts';
import { documents } from '../../dashboard/documents.ts';
import { insightDocuments } from '../../dashboard/insights.ts';
import { operateDocuments } from '../../dashboard/operateDocuments.ts';
import { panelDocuments } from '../../dashboard/panelDocuments.ts';
import { workflowDocuments } from '../../dashboard/workflowDocuments.ts';
import { schema } from '../../schema/index.ts';

test.each(
  Object.entries({
    ...clientDocuments,
    ...documents,
    ...prefixed('bulk', bulkDocuments),
    ...prefixed('insights', insightDocuments),
    ...prefixed('panel', panelDocuments),
    ...prefixed('operator', operateDocuments),
    ...prefixed('workflow', workflowDocuments),
  }),
)('what the client and the dashboard ask as %s is in the schema', (_name, document) => {
  expect(validate(schema, parse(document))).toEqual([]);
});

test('the client knows each code that the API may answer', () => {
  const codes = schema.getType('ErrorCode');
  const names = isEnumType(codes) ? codes.getValues().map(({ name }) => name) : [];
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !isApiCode(name))).toEqual([]);
});

/** Sorted by length, so that a name does not hide another that begins with it. */
function prefixed(page: string, asked: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(asked).map(([name, document]) => [`${page}: ${name}`, document]));
}
