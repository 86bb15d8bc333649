import { afterAll, describe, expect, test } from 'vitest';
import { synthesize } from '../testTemplates.ts';
import { causes, environment, harmless } from './testCauses.ts';
import { alarmsIn, goesOff } from './testCloudWatch.ts';

const templates = await synthesize({ only: environment });
afterAll(() => templates[Symbol.asyncDispose]());
const alarms = alarmsIn(await templates.resources(environment), environment);

describe('CloudWatch’s alarms', () => {
  test.each(causes)('$alarm goes off when $cause', async ({ alarm, series }) => {
    const found = alarms.get(alarm);
    const shown = await series();
    expect(found && goesOff(found, shown)).toBe(true);
  });

  test.each(harmless)('none goes off while $cause', async ({ series }) => {
    const shown = [...(await series())];
    const running = { namespace: 'AWS/Lambda', metric: 'Invocations', dimensions: { FunctionName: `job-tickets-${environment}-sweeper` } };
    shown.push({ ...running, minutes: Array.from({ length: 12 }, () => 1) });
    expect([...alarms].filter(([, alarm]) => goesOff(alarm, shown)).map(([name]) => name)).toEqual([]);
  });

  test('each has a cause that makes it go off, and each cause belongs to an existing alarm', () => {
    expect(new Set(causes.map(({ alarm }) => alarm))).toEqual(new Set(alarms.keys()));
  });
});
