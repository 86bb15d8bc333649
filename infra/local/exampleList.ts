/** Example files for newcomers: what the job types' examples name is there to be worked on, in every place that keeps objects. */
export const exampleFiles = [
  { name: 'document.pdf', contentType: 'application/pdf' },
  { name: 'sales.csv', contentType: 'text/csv; charset=utf-8' },
] as const;

/** Under which they lie in the bucket. */
export const examplesPrefix = 'examples';

export const exampleUrl = (name: string): URL => new URL(`../../jobs/files/examples/${name}`, import.meta.url);
