/** The effects of runs of programs, in order, and which of them are wrong. */
import { z } from 'zod';
import { isFailed, isFinal, jobStatuses, type Job } from '../../core/job.ts';
import { anyJson } from '../../core/jobType.ts';
import type { JudgedPlan } from './graphJudge.ts';

const status = z.enum(jobStatuses);
const named = { jobId: z.string(), name: z.string() };

const effect = z.discriminatedUnion('kind', [
  /** `statuses`: those of its dependencies, as the handler gets them. */
  z.object({ kind: z.literal('begins'), jobId: z.string(), statuses: z.array(status) }),
  z.object({ kind: z.literal('stepRuns'), ...named }),
  z.object({ kind: z.literal('stepGave'), ...named, value: z.number() }),
  z.object({ kind: z.literal('signalGave'), ...named, value: anyJson.optional() }),
  z.object({ kind: z.literal('childGave'), ...named, status }),
  z.object({ kind: z.literal('ended'), jobId: z.string(), sum: z.number().optional() }),
]);
export type Effect = z.infer<typeof effect>;

/** The last line may be incomplete, since the process that wrote it was killed. */
export function readEffects(text: string): readonly Effect[] {
  return text.split('\n').flatMap((line) => {
    const parsed = effect.safeParse(jsonOf(line));
    return parsed.success ? [parsed.data] : [];
  });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export function wrongEffects(effects: readonly Effect[], plans: readonly JudgedPlan[], jobs: readonly Job[]): readonly string[] {
  const wrong: string[] = [];
  const given = new Map<string, string>();
  const sums = new Map<string, Set<number>>();
  for (const one of effects) {
    const { jobId } = one;
    switch (one.kind) {
      case 'begins': {
        const plan = plans.find(({ numberOf }) => numberOf(jobId) !== undefined);
        const { dependsOn = [], whenDependencyFails } = plan?.jobs[plan.numberOf(jobId) ?? -1] ?? {};
        // A dependency that had failed may have been retried since.
        const fits = one.statuses.every((is) => is === 'SUCCEEDED' || whenDependencyFails === 'RUN');
        if (!fits || one.statuses.length !== dependsOn.length) wrong.push(`${jobId} begins, and is told ${one.statuses.join(', ')}`);
        break;
      }
      case 'stepRuns':
        if (given.has(`step ${jobId} ${one.name}`)) wrong.push(`the step ${one.name} of ${jobId} runs again, though its result was kept`);
        break;
      case 'stepGave':
      case 'signalGave': {
        const key = `${one.kind === 'stepGave' ? 'step' : 'signal'} ${jobId} ${one.name}`;
        const value = JSON.stringify(one.value);
        const before = given.get(key) ?? value;
        if (before !== value) wrong.push(`the ${key} gave ${before}, and then ${value}`);
        given.set(key, before);
        break;
      }
      case 'childGave':
        if (!isFinal(one.status)) wrong.push(`${jobId} goes on while its child ${one.name} is ${one.status}`);
        break;
      case 'ended':
        if (one.sum !== undefined) sums.set(jobId, (sums.get(jobId) ?? new Set()).add(one.sum));
        break;
      default:
        one satisfies never;
    }
  }
  return [...wrong, ...jobs.flatMap((job) => endedOtherwise(job, sums.get(job.jobId)))];
}

/** The result of a success must come from one of its runs. */
function endedOtherwise({ jobId, type, status: ended, result }: Job, sums: ReadonlySet<number> = new Set()): readonly string[] {
  if (type !== 'program' || isFailed(ended) || !isFinal(ended) || result?.kind !== 'inline') return [];
  const { sum } = z.object({ sum: z.number() }).parse(result.value);
  return sums.has(sum) ? [] : [`${jobId} has the result ${sum}, and its runs gave ${[...sums].join(', ')}`];
}
