/** Puts what `npm run plan` prints below each command of it in a page, so that a page cannot say anything else. */
import { parseArgs } from 'node:util';
import { printPlan } from './printPlan.ts';
import type { UnitCosts } from './unitCosts.ts';
import { parseWorkload, workloadOptions } from './workload.ts';

const block = /```sh\nnpm run plan -- (?<words>.*)\n```\n\n```text\n[\s\S]*?```/g;

/** The page with each plan anew. */
export function plannedPage(page: string, unitCosts: UnitCosts): string {
  return page.replaceAll(
    block,
    (_, words: string) =>
      `\`\`\`sh\nnpm run plan -- ${words}\n\`\`\`\n\n\`\`\`text\n${printPlan(workloadOf(words.split(' ')), unitCosts)}\n\`\`\``,
  );
}

/** @throws for an option that there is not, or words that are not understood. */
export function workloadOf(args: readonly string[]) {
  const options = Object.fromEntries(Object.keys(workloadOptions).map((name) => [name, { type: 'string' } as const]));
  const { values } = parseArgs({ args: [...args], options });
  return parseWorkload(values);
}
