/** Seven readers: the pages that they click through from the README, what they have to find there, and which test runs the last page. */

export interface ReaderPath {
  readonly reader: string;
  /** Each page links to the next. */
  readonly clicks: readonly [start: 'README.md', ...pages: string[]];
  /** Texts that must be on the last page. */
  readonly finds: readonly string[];
  /** The test that carries out the last page's blocks, as their marks say. */
  readonly doneBy: string;
}

export const readerPaths: readonly ReaderPath[] = [
  {
    reader: 'watches a first job within two minutes',
    clicks: ['README.md', 'docs/quick-start.md'],
    finds: ['npm ci', 'npm start', 'createJob', 'jobStatusChanged', 'waitForJob'],
    doneBy: 'test/examples/quickStart.test.ts',
  },
  {
    reader: 'lets a browser watch a job with a token',
    clicks: ['README.md', 'docs/README.md', 'docs/authentication.md'],
    finds: ['JWT_SECRET', 'createWatchToken', 'connectionParams'],
    doneBy: 'test/docs/graphql.test.ts',
  },
  {
    reader: 'makes a job type with a step, and tests its handler',
    clicks: ['README.md', 'docs/README.md', 'docs/handlers.md'],
    finds: ['npm run new-job -- resize_image', 'step(', 'idempotencyKey', 'PermanentError'],
    doneBy: 'test/package/newJob.test.ts',
  },
  {
    reader: 'deploys, and knows before what is needed',
    clicks: ['README.md', 'docs/README.md', 'docs/production-checklist.md', 'docs/deployment.md'],
    finds: ['## Before the first time', 'npm run deploy -- dev', 'npm run synth -- dev'],
    doneBy: 'infra/deploy/deploy.test.ts',
  },
  {
    reader: 'is woken by jobs-given-up, and repairs the job',
    clicks: ['README.md', 'docs/README.md', 'docs/operations.md'],
    finds: ['| jobs-given-up |', '(#retrying-what-failed)', 'query Failed', 'mutation Retry'],
    doneBy: 'test/docs/graphql.test.ts',
  },
  {
    reader: 'brings the jobs of yesterday back',
    clicks: ['README.md', 'docs/single-node.md'],
    finds: ['npm run backup --', 'npm run restore --'],
    doneBy: 'test/e2e/dataCommands.test.ts',
  },
  {
    reader: 'brings an environment on AWS back to a moment',
    clicks: ['README.md', 'docs/README.md', 'docs/restore.md'],
    finds: ['npm run restore -- prod'],
    doneBy: 'infra/deploy/restore.test.ts',
  },
  {
    reader: 'looks a setting up',
    clicks: ['README.md', 'docs/README.md', 'docs/settings.md'],
    finds: ['`VISIBILITY_TIMEOUT_SECONDS`', '`JOB_TTL_DAYS`'],
    doneBy: 'docs/settingsPage.ts',
  },
  {
    reader: 'looks an error up',
    clicks: ['README.md', 'docs/README.md', 'docs/errors.md'],
    finds: ['`FEED_INTERRUPTED`', '`WORKERS_LOST`', '| 4403 |'],
    doneBy: 'docs/errorsPage.ts',
  },
  {
    reader: 'looks a metric up',
    clicks: ['README.md', 'docs/README.md', 'docs/metrics.md'],
    finds: ['`jobs.queue.wait`', 'Prometheus spells'],
    doneBy: 'docs/generate.ts',
  },
];
