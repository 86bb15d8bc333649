/** `npm run bench` runs all benches, `npm run bench -- <name>…` some; each writes its section of docs/performance.md. */
import { keepUnitCosts } from '../infra/plan/unitCosts.ts';
import { createJob } from './createJob.ts';
import { deliveries } from './deliveries.ts';
import { embedded, embeddedGrowth } from './embedded.ts';
import { endToEnd } from './endToEnd.ts';
import { files } from './files.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { payloads } from './payloads.ts';
import { relay } from './relay.ts';
import { resubscribe } from './resubscribe.ts';
import { scaling } from './scaling.ts';
import { search } from './search.ts';
import { slowWatcher } from './slowWatcher.ts';
import { sockets } from './sockets.ts';
import { markdown, writeSection, type Report } from './support/report.ts';
import { telemetry } from './telemetry.ts';
import { worker } from './worker.ts';
import { workflows } from './workflows.ts';
import { writeBudget } from './writeBudget.ts';

const benches: Readonly<Record<string, () => Promise<Report>>> = {
  deliveries,
  latency,
  memory,
  sockets,
  slowWatcher,
  scaling,
  resubscribe,
  createJob,
  worker,
  endToEnd,
  embedded,
  embeddedGrowth,
  workflows,
  writeBudget,
  payloads,
  relay,
  telemetry,
  search,
  files,
};

const names = Object.keys(benches);
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}; there are: ${names.join(', ')}.`);
  process.exitCode = 64;
} else {
  for (const [name, run] of Object.entries(benches)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const report = await run();
    const section = markdown(name, report);
    console.log(`${section}\n`);
    await writeSection(name, section, names);
    if (report.unitCosts === undefined) continue;
    await keepUnitCosts(report.unitCosts);
    console.log('docs/scale.md uses these figures: run `npm run docs` to update it.\n');
  }
}
