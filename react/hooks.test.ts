import { describe, expect, test, vi } from 'vitest';

await vi.hoisted(async () => (await import('./testPage.ts')).openPage());
const { version } = await import('react');
const { exerciseUseJob } = await import('./testUseJob.ts');
const { exerciseOtherHooks } = await import('./testUseJobs.ts');

describe('on React 19', () => {
  test('which this is', () => expect(version).toMatch(/^19\./));
  exerciseUseJob();
  exerciseOtherHooks();
});
