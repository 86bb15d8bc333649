/** Example files for newcomers: the files that the job types' examples name, for every object store. */
export const exampleFiles = [
  { name: 'document.pdf', contentType: 'application/pdf' },
  { name: 'sales.csv', contentType: 'text/csv; charset=utf-8' },
] as const;

/** The prefix under which they are stored in the bucket. */
export const examplesPrefix = 'examples';

export const exampleUrl = (name: string): URL => new URL(`../../jobs/files/examples/${name}`, import.meta.url);
