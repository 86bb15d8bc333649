/** `npm run plan -- --jobs 2000/s --watchers 100000 --params 4KB`: what that load needs and costs, and which limit is reached first. */
import { workloadOf } from './plannedPage.ts';
import { printPlan } from './printPlan.ts';
import { readUnitCosts } from './unitCosts.ts';
import { WorkloadError, workloadOptions } from './workload.ts';

/** Of sysexits.h: wrong arguments. */
const usage = 64;

const args = process.argv.slice(2);
try {
  console.log(args.includes('--help') ? help() : printPlan(workloadOf(args), await readUnitCosts()));
} catch (error) {
  const isMisused = error instanceof WorkloadError || (error instanceof TypeError && 'code' in error);
  if (!isMisused) throw error;
  // parseArgs adds several lines of advice.
  console.error(error.message.split('\n', 1)[0]);
  process.exitCode = usage;
}

function help(): string {
  return Object.entries(workloadOptions)
    .map(([name, { byDefault, meaning }]) => `--${name.padEnd(15)} ${meaning} (default ${byDefault})`)
    .join('\n');
}
