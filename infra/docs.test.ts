/** Tables and figures of the pages on AWS, held against the templates, the alarms' causes and themselves. Blocks: test/docs/. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTableInput } from './local/provisionTable.ts';
import { firedBy } from './monitoring/testAlerts.ts';
import { causes } from './monitoring/testCauses.ts';
import { alarmsIn, sourcesOf } from './monitoring/testCloudWatch.ts';
import { synthesize } from './testTemplates.ts';

const docs = (name: string): Promise<string> => readFile(join(import.meta.dirname, '../docs', name), 'utf8');

describe('docs/operations.md', () => {
  test('says of each alarm what it means and what to do, and has no entry for others', async () => {
    await using templates = await synthesize({ only: 'prod' });
    const alarms = (await templates.ofType('prod', 'AWS::CloudWatch::Alarm')).map(([, { AlarmName }]) => String(AlarmName));
    const described = tableAfter(await docs('operations.md'), '## Alarms').map(([alarm]) => `job-tickets-prod-${alarm}`);
    expect(new Set(described)).toEqual(new Set(alarms));
  });

  test('has each cause that sets an alarm or alert off in a test, and names that test', async () => {
    const rows = tableAfter(await docs('operations.md'), '### What sets each off').map((row) => row.join(' | '));
    expect(rows).toEqual([
      ...causes.map(({ alarm, cause }) => `${alarm} | ${cause} | \`infra/monitoring/alarms.test.ts\``),
      ...(await firedBy()).map(({ alert, cause }) => `${alert} | ${cause} | \`infra/monitoring/alerts.test.yml\``),
    ]);
  });
});

describe('docs/cost.md', () => {
  test('has the right number of alarms, and of the measurements that AWS bills for them', async () => {
    await using templates = await synthesize({ only: 'prod' });
    const alarms = [...alarmsIn(await templates.resources('prod'), 'prod').values()];
    expect(await docs('cost.md')).toContain(`Alarms (${alarms.length}, of ${alarms.flatMap(sourcesOf).length} measurements`);
  });

  test('multiplies and adds up correctly', async () => {
    const rows = tableAfter(await docs('cost.md'), '## A million jobs').map((row) => row.map((cell) => cell.replaceAll('*', '')));
    const total = Number(rows.pop()?.[3]);
    const costs = rows.map(([what = '', units, price, cost]) => {
      expect(`${what}: ${Number(cost).toFixed(2)}`).toBe(`${what}: ${(Number(units) * Number(price)).toFixed(2)}`);
      return Number(cost);
    });
    expect(costs.reduce((sum, cost) => sum + cost, 0).toFixed(2)).toBe(total.toFixed(2));
  });
});

describe('docs/single-node.md', () => {
  test('has the table’s definition as an import needs it', async () => {
    const [, json = ''] = /<!-- table -->\s*```json\n([\s\S]*?)```/.exec(await docs('single-node.md')) ?? [];
    const { StreamSpecification: _, ...table } = createTableInput('Jobs');
    expect(JSON.parse(json)).toEqual(table);
  });
});

/** The cells of the rows of the first table after a heading. */
function tableAfter(text: string, heading: string): string[][] {
  const below = text.slice(text.indexOf(`${heading}\n`));
  const [table = ''] = /(?:^\|.*\n)+/m.exec(below) ?? [];
  const lines = table.trim().split('\n').slice(2);
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
