/** How the tests run: beside the code and in test/, on the emulators that test/globalSetup.ts starts once. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Node resolves `graphql` to its CommonJS build; Vite alone would take the other one, and two copies of graphql do not work
  // together. The packages are tested from their source, not from their last build.
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
    // How long a condition is awaited on a busy machine.
    expect: { poll: { timeout: 15_000 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Tests mostly wait for other processes, so there are more of them than a small machine has cores.
    maxWorkers: 5,
    allowOnly: false,
  },
});
