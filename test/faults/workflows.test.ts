/** Random workflows on the embedded engine, in one process that is killed, paused and ended: none is stuck, early or done twice, and each is watched without a gap. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import type { Job } from '../../core/job.ts';
import { exportRecords } from '../../core/table/sqlite/exportRecords.ts';
import { workflowSchema } from '../../core/workflow/workflow.ts';
import { startEntry, urlOf, type RunningEntry } from '../support/processes.ts';
import { createChance } from './chance.ts';
import { openFolder, type Disk } from './disk.ts';
import { interrupt, shortLeases, type Interruption } from './interruptions.ts';
import { wrongWorkflows } from './wrongWorkflows.ts';
import { openWorkflowClient } from './workflowClient.ts';
import { checkHistory } from './historyChecker.ts';

const isLong = process.env['FAULTS'] === 'long';

/** In turn, one after each life. */
const interruptions: readonly Interruption[] = ['killed', 'ended', 'paused'];

const settings = {
  ...shortLeases,
  JOBS: join(import.meta.dirname, 'programJobs.ts'),
};

const effectsOf = ({ path }: Disk): string => join(path, 'effects');
const start = (disk: Disk): Promise<RunningEntry> =>
  startEntry('start', { env: { ...settings, DATA_DIR: join(disk.path, 'data'), EFFECTS_FILE: effectsOf(disk) } });

test(
  'killed, paused and ended again and again: none is stuck or begins too early, no step is done twice, each is watched without a gap',
  { timeout: isLong ? 1_800_000 : 120_000 },
  async (context) => {
    await using disk = await openFolder();
    const chance = createChance(context);
    let entry = await start(disk);
    try {
      let url = await urlOf(entry, 'start');
      const client = openWorkflowClient({ url: () => url, chance, maxJobs: isLong ? 60 : 8 });
      for (let life = 0; life < (isLong ? 60 : 1); life += 1) {
        await Promise.all(Array.from({ length: 2 }, (_, number) => client.handIn(`${life}-${number}`)));
        for (let step = 0; step < 4; step += 1) {
          await client.step();
          await sleep(chance() * 300);
        }
        entry = await interrupt(entry, interruptions[life % interruptions.length] ?? 'killed', () => start(disk));
        url = await urlOf(entry, 'start');
      }
      await client.untilAtRest(isLong ? 300_000 : 60_000);
      const wrong = async () => wrongWorkflows(client, tableIn(disk), await readFile(effectsOf(disk), 'utf8'));
      await expect.poll(wrong, { timeout: 20_000 }).toEqual([]);
      await client.leave();
      expect(checkHistory({ accepted: [], watchers: [], table: tableIn(disk).jobs })).toEqual([]);
      const ends = Object.entries(Object.groupBy(tableIn(disk).jobs, ({ status }) => status)).map(
        ([status, jobs]) => `${status} ${jobs.length}`,
      );
      process.stderr.write(`${client.workflows.length} workflows, of jobs ${ends.join(', ')}\n`);
    } finally {
      await entry.kill();
    }
  },
);

/** The records in the database file, whether the process runs or not. */
function tableIn({ path }: Disk) {
  const jobs: Job[] = [];
  const workflows = new Map<string, z.infer<typeof workflowSchema>>();
  for (const record of exportRecords(join(path, 'data', 'jobs.sqlite'))) {
    if ('job' in record) jobs.push(record.job);
    if ('entry' in record && record.entry.key.startsWith('workflow#')) {
      const workflow = workflowSchema.parse(JSON.parse(record.entry.json));
      workflows.set(workflow.workflowId, workflow);
    }
  }
  return { jobs, workflows };
}
