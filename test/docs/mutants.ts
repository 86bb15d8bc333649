/** Changes of a page, or of the project under it, that the check of the pages has to find. */
import type { Facts } from './findProblems.ts';

export interface Mutant {
  readonly what: string;
  readonly page: string;
  /** The text on the page, and a wrong one. */
  readonly edit?: readonly [was: string, is: string];
  /** Or the project changes, and the page does not. */
  readonly project?: (facts: Facts) => Facts;
  readonly found: RegExp;
}

const without = (names: ReadonlySet<string>, name: string): ReadonlySet<string> => new Set([...names].filter((other) => other !== name));

export const mutants: readonly Mutant[] = [
  {
    what: 'a command that is called otherwise now',
    page: 'docs/single-node.md',
    project: (project) => ({ ...project, scripts: without(project.scripts, 'backup') }),
    found: /`npm run backup`/,
  },
  {
    what: 'a default that has changed',
    page: 'docs/handlers.md',
    project: (project) => ({ ...project, values: { ...project.values, WORKER_CONCURRENCY: '16' } }),
    found: /WORKER_CONCURRENCY, which is 16/,
  },
  {
    what: 'a limit that prose says wrongly',
    page: 'docs/guarantees.md',
    edit: ['256<!-- = maxParamsKB', '512<!-- = maxParamsKB'],
    found: /maxParamsKB, which is 256/,
  },
  {
    what: 'a mark of a value that is none',
    page: 'docs/guarantees.md',
    edit: ['= maxTags ', '= mostTags '],
    found: /mostTags, which is no value/,
  },
  {
    what: 'a code that there is no more',
    page: 'docs/owner-feed.md',
    project: (project) => ({ ...project, capitals: without(project.capitals, 'FEED_INTERRUPTED') }),
    found: /`FEED_INTERRUPTED`/,
  },
  {
    what: 'a setting that there is no more',
    page: 'docs/production-checklist.md',
    project: (project) => ({ ...project, capitals: without(project.capitals, 'CORS_ORIGINS') }),
    found: /`CORS_ORIGINS`/,
  },
  {
    what: 'a metric that is called otherwise now',
    page: 'docs/metrics.md',
    project: (project) => ({ ...project, metrics: without(project.metrics, 'jobs.created') }),
    found: /`jobs\.created`/,
  },
  {
    what: 'a link to a page that is not there',
    page: 'docs/README.md',
    edit: ['](states.md)', '](statuses.md)'],
    found: /statuses\.md, which is not there/,
  },
  {
    what: 'a link to a heading that is not there',
    page: 'docs/handlers.md',
    edit: ['errors.md#when-an', 'errors.md#if-an'],
    found: /no such heading/,
  },
  {
    what: 'a field that the schema has not',
    page: 'docs/lists.md',
    edit: ['createdAt error', 'bornAt error'],
    found: /Cannot query field "bornAt"/,
  },
  {
    what: 'two operations without names in a block',
    page: 'README.md',
    edit: ['mutation CreateJob {', 'mutation {'],
    found: /anonymous operation/,
  },
  {
    what: 'a block that nothing runs',
    page: 'docs/quick-start.md',
    edit: ['<!-- run by: test/examples/quickStart.test.ts -->\n', ''],
    found: /does not say which test runs it/,
  },
  {
    what: 'a block whose test is gone',
    page: 'docs/quick-start.md',
    edit: ['quickStart.test.ts', 'slowStart.test.ts'],
    found: /is not run by/,
  },
  {
    what: 'an excerpt of code that has changed',
    page: 'docs/handlers.md',
    edit: ['signal, // a cancel', 'signal, // the cancel'],
    found: /does not stand in docs\/examples\/chargeCard\/handler\.ts/,
  },
  {
    what: 'an example that is run with whatever Node the reader has',
    page: 'docs/examples/README.md',
    edit: ['`npx node docs/examples/backendService.ts`', '`node docs/examples/backendService.ts`'],
    found: /fails on a Node/,
  },
  {
    what: 'a command for the cluster that does not say in which namespace',
    page: 'docs/upgrading.md',
    edit: ['kubectl -n job-tickets-dev rollout', 'kubectl rollout'],
    found: /without the namespace/,
  },
  {
    what: 'a file that is named and is not there',
    page: 'docs/guarantees.md',
    edit: ['`test/faults/feed.test.ts`', '`test/faults/feeds.test.ts`'],
    found: /feeds\.test\.ts/,
  },
  {
    what: 'a figure without the command that printed it',
    page: 'docs/performance.md',
    edit: ['UTC, `npm run bench -- latency`', 'UTC, a bench'],
    found: /has figures in "Latency/,
  },
];
