import { describe, expect, test, vi } from 'vitest';

vi.mock('react', () => vi.importActual('../test/react18/node_modules/react/index.js'));
vi.mock('react-dom/client', () => vi.importActual('../test/react18/node_modules/react-dom/client.js'));
vi.mock('react-dom/server', () => vi.importActual('../test/react18/node_modules/react-dom/server.node.js'));

await vi.hoisted(async () => (await import('./testPage.ts')).openPage());
const { version } = await import('react');
const { exerciseUseJob } = await import('./testUseJob.ts');
const { exerciseOtherHooks } = await import('./testUseJobs.ts');

describe('on React 18', () => {
  test('which this is', () => expect(version).toMatch(/^18\./));
  exerciseUseJob();
  exerciseOtherHooks();
});
