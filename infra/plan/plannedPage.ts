/** Puts the output of `npm run plan` below each of its commands in a page, so that the page always agrees with it. */
import { parseArgs } from 'node:util';
import { printPlan } from './printPlan.ts';
import type { UnitCosts } from './unitCosts.ts';
import { parseWorkload, workloadOptions } from './workload.ts';

const block = /```sh\nnpm run plan -- (?<words>.*)\n```\n\n```text\n[\s\S]*?```/g;

/** The page with each plan updated. */
export function plannedPage(page: string, unitCosts: UnitCosts): string {
  return page.replaceAll(
    block,
    (_, words: string) =>
      `\`\`\`sh\nnpm run plan -- ${words}\n\`\`\`\n\n\`\`\`text\n${printPlan(workloadOf(words.split(' ')), unitCosts)}\n\`\`\``,
  );
}

/** @throws for an unknown option, or values that are not understood. */
export function workloadOf(args: readonly string[]) {
  const options = Object.fromEntries(Object.keys(workloadOptions).map((name) => [name, { type: 'string' } as const]));
  const { values } = parseArgs({ args: [...args], options });
  return parseWorkload(values);
}
