/** Looks at a workflow, which waits for all of its jobs, until nothing is to be done about it any more. */
import { workflowHint } from '../feed/workflowWatch.ts';
import { maxHistory, type JobFailure } from '../job.ts';
import { changeEntry } from '../table/changeEntry.ts';
import { lookAtWorkflow, outcomeOf, type Outcome, type WorkflowLook } from '../workflow/look.ts';
import { workflowBehind } from '../workflow/moves.ts';
import type { Plan } from '../workflow/plan.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { createRecords, type Records } from './jobRecords.ts';
import type { LookDeps, LookOptions } from './lookAt.ts';
import { tellWorkflowWebhooks } from './tellWorkflowWebhooks.ts';
import { readPlan, workflowDraft, workflowKind } from './workflows.ts';

/** `told`: the job that has just changed. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function lookAtWorkflowOf(
  core: LookDeps,
  workflowId: string,
  { told, known = [] }: Pick<LookOptions, 'known'> & { readonly told?: string | undefined },
): Promise<void> {
  const plan = await readPlan(core, workflowId);
  if (plan === undefined) return;
  const backwards = plan.backwards.map((number) => plan.jobIds[number] ?? '');
  for (;;) {
    const entry = await core.table.entries.get(workflowKind, workflowId);
    if (entry === undefined) return;
    const workflow: Workflow = entry.value;
    let records = createRecords(core, known);
    const { status, cause, waitsFor } = workflow;
    const shown = { status, cause, waitsFor: waitsFor === undefined ? undefined : plan.jobIds[waitsFor] };
    let look: WorkflowLook | Outcome = lookAtWorkflow(shown, backwards, records.seen, told);
    for (let isConfirming = false; look.kind === 'read' || look.kind === 'confirm';) {
      if (look.kind === 'confirm') {
        isConfirming = true;
        records = createRecords(core);
      } else await records.read(look.jobIds);
      look = isConfirming ? outcomeOf(plan.jobIds, records.seen) : lookAtWorkflow(shown, backwards, records.seen, told);
    }
    if (look.kind === 'nothing') return;
    const next = noted(workflowBehind(workflow, look, plan.numberOf), workflow, await core.table.time(), failureOf(look, plan, records));
    const { ok, entry: written } = await core.table.entries.replace(workflowKind, entry, workflowDraft(next, core.settings));
    if (ok && next.version !== workflow.version) void core.feed.publish(workflowHint(next));
    if (ok && written.value.tell !== undefined && written.value.tell !== workflow.tell) await tellWorkflow(core, written.value);
  }
}

/**
 * Announces its end, or its new start: looks once more at the job that it ended for, creates the webhook deliveries and publishes
 * the hint for watchers. If the hint is not accepted, the sweeper publishes it again. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function tellWorkflow(core: LookDeps, { workflowId, tell }: Pick<Workflow, 'workflowId' | 'tell'>): Promise<void> {
  if (tell === undefined) return;
  await lookAtWorkflowOf(core, workflowId, {});
  const present = (await core.table.entries.get(workflowKind, workflowId))?.value;
  if (present === undefined || present.tell !== tell) return;
  const webhookVersion = await tellWorkflowWebhooks(core, present);
  if (!(await core.feed.publish(workflowHint(present)))) return;
  await changeEntry(core.table.entries, workflowKind, workflowId, (entry) =>
    entry === undefined || entry.value.tell !== tell
      ? 'keep'
      : workflowDraft({ ...entry.value, tell: undefined, webhookVersion }, core.settings),
  );
}

/** Its times and its history, where its status changes. */
function noted(next: Workflow, before: Workflow, { at }: { readonly at: number }, error: JobFailure | undefined): Workflow {
  if (next.version === before.version) return { ...next, updatedAt: at };
  const history = [...before.history.slice(1 - maxHistory), { version: next.version, status: next.status, at, error }];
  return { ...next, updatedAt: at, finishedAt: next.status === 'RUNNING' ? undefined : at, error, history };
}

function failureOf(look: WorkflowLook | Outcome, plan: Plan, records: Records): JobFailure | undefined {
  if (look.kind !== 'end' || look.cause === undefined) return undefined;
  const { jobId } = look.cause;
  const { error, status, updatedAt: at = 0 } = records.get(jobId) ?? {};
  const name = plan.jobs[plan.numberOf(jobId) ?? -1]?.name ?? '';
  const message = `“${name}” ended ${status ?? ''}${error === undefined ? '' : `: ${error.message}`}`.slice(0, 1000);
  return { code: error?.code ?? 'DEPENDENCY_FAILED', message, attempt: error?.attempt ?? 0, at };
}
