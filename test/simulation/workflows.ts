/**
 * Random graphs through the shipped use cases and the shipped worker. Their jobs do anything that a handler may do, while
 * processes are killed at any request, requests, messages and hints are lost, and jobs are retried, cancelled and sent signals at
 * random moments. Judged by the graph, by the failures, and by what each run and each watcher saw.
 */
import { isFinal } from '../../core/job.ts';
import { createWorkflow } from '../../core/usecases/createWorkflow.ts';
import { readPlan } from '../../core/usecases/workflows.ts';
import type { Plan } from '../../core/workflow/plan.ts';
import { isHeld, judgeGraph } from '../faults/graphJudge.ts';
import { checkHistory } from '../faults/historyChecker.ts';
import { missedOfWorkflow } from '../faults/workflowWatchChecker.ts';
import { workflowNow } from '../support/workflowTasks.ts';
import { createGraphActs, type GraphActs } from './graphActs.ts';
import type { GraphProcess } from './graphProcesses.ts';
import { createGraphWatchers, type GraphWatchers } from './graphWatchers.ts';
import { createGraphWorld, leaseMs, owner, type GraphWorld, type RandomWorkflow } from './graphWorld.ts';
import { mortalCore } from './mortalCore.ts';
import { randomJobs } from './randomJobs.ts';

/** The number of concurrent processes, and of processes that are started for each job while faults happen. */
const [mostAtOnce, actsPerJob] = [6, 10];
/** More rounds than it takes until the timers have finished all unfinished work. */
const maxRounds = 200;

/** Returns what is wrong. */
export async function runRandomWorkflow({ key, maxJobs, ...surroundings }: RandomWorkflow): Promise<readonly string[]> {
  const world = createGraphWorld(surroundings);
  const { core, chance, weather, turns } = world;
  const jobs = randomJobs(chance, maxJobs);
  weather.loss = chance() < 0.3 ? 0 : 0.03;
  const ids = await handedIn(world, { owner, name: 'w', traceId: 't', jobs, idempotencyKey: key });
  const [workflowId = ''] = ids;
  const plan = await readPlan(core, workflowId);
  if (ids.size !== 1 || plan === undefined) return [`one key gave ${ids.size} workflows`];
  Object.assign(weather, { plan, failure: 0.12 * chance() });

  const acts = createGraphActs(world, workflowId);
  const watched = plan.jobIds.filter(() => chance() < 2 / plan.jobIds.length);
  const reader = mortalCore({ core, turns, chance, luck: () => weather.loss });
  const watchers = createGraphWatchers({ core: reader.core, chance, owner, workflowId, jobIds: watched });
  await misuse(world, acts, watchers, actsPerJob * jobs.length);
  await rest(world, acts, watchers, plan);
  return wrongOf(world, { acts, watchers, plan, workflowId });
}

/** Handed in by several processes at once, again until the workflow exists. */
async function handedIn(world: GraphWorld, request: Parameters<typeof createWorkflow>[1]): Promise<ReadonlySet<string>> {
  const { processes, weather, some } = world;
  const ids = new Set<string>();
  for (let attempt = 0; ids.size === 0; attempt += 1) {
    const mayDie = attempt < 5;
    if (!mayDie) weather.loss = 0;
    for (let count = 1 + some(2); count > 0; count -= 1) {
      processes.start(async ({ core }) => ids.add((await createWorkflow(core, request)).workflow.workflowId), { mayDie });
    }
    await untilNoneRuns(world);
  }
  return ids;
}

async function untilNoneRuns({ processes, turns }: GraphWorld): Promise<void> {
  while (processes.running() > 0 || turns.waiting() > 0) await turns.next();
}

/** With all kinds of faults. */
async function misuse(world: GraphWorld, acts: GraphActs, watchers: GraphWatchers, count: number): Promise<void> {
  const { weather, processes, turns, chance, some, pass } = world;
  weather.hintLoss = 0.2;
  for (let left = count; left > 0;) {
    if (processes.running() < mostAtOnce && (turns.waiting() === 0 || chance() < 0.15)) {
      left -= 1;
      const work = acts.any();
      if (work !== undefined) processes.start(work);
    } else await turns.next();
    watchers.step();
    if (chance() < 0.1) watchers.tick();
    if (chance() < 0.003) processes.kill();
    pass(some(20));
    if (processes.running() === 0) pass(some(60_000));
    else if (chance() < 0.005) pass(some(leaseMs));
    // A lease is renewed at half its time: a process that has run for longer is dead, or paused.
    processes.kill(leaseMs / 2);
  }
  processes.kill();
  await untilNoneRuns(world);
}

/** Without faults: everything that is due happens, also what was left unfinished long ago. */
async function rest(world: GraphWorld, acts: GraphActs, watchers: GraphWatchers, plan: Plan): Promise<void> {
  const { weather, feed, processes, records, some, pass, queue } = world;
  Object.assign(weather, { loss: 0, hintLoss: 0, isOver: true });
  feed.turn('on');
  const surely = async (work: (process: GraphProcess) => Promise<unknown>): Promise<void> => {
    processes.start(work, { mayDie: false });
    await untilNoneRuns(world);
  };
  for (let round = 0; round < maxRounds; round += 1) {
    pass(20_000 + some(200_000));
    for (const timer of acts.timers) await surely(timer);
    for (const { jobId, waiting } of records.values())
      if (waiting?.reason === 'SIGNAL') for (const one of acts.signals(jobId)) await surely(one);
    for (let work = acts.receive(); work !== undefined; work = acts.receive()) await surely(work);
    watchers.step(true);
    watchers.tick();
    const isOver = [...records.values()].every((job) => job.tell === undefined && (isFinal(job.status) || isHeld(job, { plan }, records)));
    if (isOver && queue.isEmpty() && round > 2) break;
  }
  for (let round = 0; round < 40; round += 1) {
    watchers.step(true);
    watchers.tick();
    await untilNoneRuns(world);
  }
}

interface Ended {
  readonly acts: GraphActs;
  readonly watchers: GraphWatchers;
  readonly plan: Plan;
  readonly workflowId: string;
}

async function wrongOf({ core, oracle, processes, records, writes }: GraphWorld, { acts, watchers, plan, workflowId }: Ended) {
  const jobs = [...records.values()];
  const workflow = await workflowNow(core, workflowId);
  const wasCancelAsked = (jobId: string): boolean => acts.cancelled.has(jobId) || acts.cancelled.has(workflowId);
  const ended = jobs.filter((job) => !isHeld(job, { plan }, records));
  const history = { accepted: [], watchers: watchers.ofJobs, writes, table: ended };
  const items = jobs.flatMap((job) => (job.workflow === undefined ? [] : [{ ...job, name: job.workflow.name }]));
  return [
    ...new Set(processes.wrong),
    ...oracle.wrong,
    ...watchers.wrong,
    ...judgeGraph({ workflow, plan, jobs, wasCancelAsked }),
    ...jobs.flatMap((job) => oracle.wrongEnd(job)),
    ...checkHistory(history).map(({ invariant, jobId, what }) => `${invariant} ${jobId} ${what}`),
    ...missedOfWorkflow(watchers.ofWorkflow, [{ ...workflow, name: undefined }, ...items]),
  ];
}
