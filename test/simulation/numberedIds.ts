/**
 * Ids of jobs, numbered in the order in which they are given. Their first ten characters are a time, as in all ids, and long past.
 * `run` tells those of one run from another's on the same table.
 */
export function numberedIds(run = 0): () => string {
  let number = 0;
  return () => `${(number += 1)}`.padStart(10, '0') + `${run}`.padStart(16, '0');
}
