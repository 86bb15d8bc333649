/** How the tests run: beside the code and in test/, on the emulators that test/globalSetup.ts starts once. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Node resolves `graphql` to its CommonJS build; Vite alone would take the other one, and two graphqls do not mix.
  // The packages are tested as they are here, not as they were built last.
  resolve: {
    alias: [
      { find: /^graphql$/, replacement: 'graphql/index.js' },
      { find: /^job-tickets$/, replacement: join(import.meta.dirname, 'index.ts') },
      { find: /^job-tickets\/testing$/, replacement: join(import.meta.dirname, 'testing/createTestJob.ts') },
      { find: /^job-tickets-client$/, replacement: join(import.meta.dirname, 'client/jobTickets.ts') },
    ],
  },
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', '.cache/**', '.data/**', '**/dist/**'],
    globalSetup: ['test/globalSetup.ts'],
    // A condition is awaited for as long as a busy machine may take.
    expect: { poll: { timeout: 15_000 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most of the time a test waits for others: more than the cores of a small machine.
    maxWorkers: 5,
    allowOnly: false,
  },
});
