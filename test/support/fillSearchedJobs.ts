/** Fills a table's file with many jobs that differ, in one transaction, as the table's own statements write them. */
import type { Job } from '../../core/job.ts';
import { rowOf } from '../../core/table/sqlite/change.ts';
import { openForWriting } from '../../core/table/sqlite/database.ts';
import { createStore } from '../../core/table/sqlite/store.ts';

export interface FillSearchedJobsOptions {
  /** Which no process has open. */
  readonly file: string;
  readonly jobs: number;
  readonly jobOf: (index: number) => Job;
}

export function fillSearchedJobs({ file, jobs, jobOf }: FillSearchedJobsOptions): void {
  const database = openForWriting(file);
  try {
    const store = createStore(database);
    for (let start = 0; start < jobs; start += 10_000) {
      const indexes = Array.from({ length: Math.min(10_000, jobs - start) }, (_, index) => start + index);
      store.run(indexes.map((index) => ({ kind: 'create', row: rowOf(jobOf(index)) }) as const));
    }
  } finally {
    database.close();
  }
}
