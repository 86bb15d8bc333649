/**
 * What the model asks the shipped protocol: verdicts, and whether the table takes a write. Nothing is decided here: the model's
 * job is passed as a record to the imported functions and rows of data. A mutant disables one of them.
 */
import { exactly } from '../../core/clock.ts';
import type { Job } from '../../core/job.ts';
import type { GuardName } from '../../core/guards.ts';
import { allows, permits, touchOf, transitionOf, type Rule, type Touch, type TransitionEvent } from '../../core/transitions.ts';
import { decisions, type DecisionName } from '../../core/decisions.ts';
import { isLastLoss, verdictOn, type Judged, type Verdict } from '../../core/verdict.ts';
import { acknowledgementOf } from '../../worker/outcome.ts';
import type { ModelJob } from './state.ts';

/** A way to break the protocol on purpose, for the model to find. */
export interface Mutant {
  readonly withoutGuards?: readonly { readonly of: TransitionEvent | Touch; readonly guard: GuardName }[];
  /** Transitions that are not conditional on the version. */
  readonly withoutVersion?: readonly TransitionEvent[];
  /** What a verdict reads of a record. */
  readonly sees?: (job: Judged) => Partial<Judged>;
  /** Messages of older generations count like new ones. */
  readonly ignoresGeneration?: boolean;
}

export interface Bounds {
  readonly maxFailures: number;
  readonly maxLosses: number;
}

export interface Knows {
  /** The present version. */
  readonly isFresh: boolean;
  /** Its claim's id is the record's. */
  readonly isHolder: boolean;
}

export interface Rules {
  verdict(job: ModelJob, isOwn: boolean): Verdict;
  /** What a worker does with its message, by what the record says. */
  keeps(job: ModelJob, isOwn: boolean): boolean;
  isLastLoss(job: ModelJob): boolean;
  allows(event: TransitionEvent, job: ModelJob, knows: Knows): boolean;
  /** Of a client who reads and writes in one step. */
  permits(
    touch: Touch,
    job: ModelJob,
    facts: {
      readonly isHolder?: boolean;
      readonly failures?: number;
      readonly lease?: 'live' | 'over';
      readonly isFresh?: boolean;
    },
  ): boolean;
  /** The first decision of the transition that does not hold: its writer had read otherwise. */
  undecided(event: TransitionEvent, job: ModelJob): DecisionName | undefined;
}

const now = exactly(10);
const present = { version: 7, generation: 2, claimId: 'present' };
const former = { version: 6, generation: 1, claimId: 'former' };
const leases = { none: undefined, live: { id: present.claimId, expiresAt: 20 }, over: { id: present.claimId, expiresAt: 5 } } as const;
/** The lease's end that a renewal brings; one that lands late brings an old one. */
const renewals = { live: 30, over: 5 };

export function createRules(bounds: Bounds, mutant: Mutant = {}): Rules {
  const records = new Map<string, Job>();

  function recordOf(job: ModelJob): Job {
    const { status, failures, losses, lease, cancelRequested, isDue, hasAttempts, isParked } = job;
    const key = `${status}${failures}${losses}${lease}${cancelRequested}${isDue}${hasAttempts}${isParked}`;
    const known = records.get(key);
    if (known !== undefined) return known;
    const record: Job = {
      ...unread,
      ...bounds,
      status,
      failures,
      losses,
      cancelRequested,
      version: present.version,
      generation: present.generation,
      attempts: hasAttempts ? 1 : 0,
      claim: leases[lease],
      dueAt: isDue ? undefined : 20,
      waiting: isParked ? { reason: 'PAUSED' } : undefined,
    };
    records.set(key, record);
    return record;
  }

  function seen(job: ModelJob): Job {
    const record = recordOf(job);
    return mutant.sees === undefined ? record : { ...record, ...mutant.sees(record) };
  }

  const generationOf = (isOwn: boolean): number => (isOwn || mutant.ignoresGeneration === true ? present : former).generation;

  const rules = new Map<string, Rule>();
  /** Without what the mutant removes. */
  function ruleOf(of: TransitionEvent | Touch, { from, guards }: Rule): Rule {
    const known = rules.get(of);
    if (known !== undefined) return known;
    const kept = guards.filter((guard) => mutant.withoutGuards?.some((lost) => lost.of === of && lost.guard === guard) !== true);
    const rule = { from, guards: kept };
    rules.set(of, rule);
    return rule;
  }

  return {
    verdict: (job, isOwn) => verdictOn(seen(job), now, generationOf(isOwn)),
    keeps: (job, isOwn) => acknowledgementOf(seen(job), now, generationOf(isOwn)).kind === 'returned',
    isLastLoss: (job) => isLastLoss(seen(job)),
    allows(event, job, { isFresh, isHolder }) {
      const knowsVersion = isFresh || mutant.withoutVersion?.includes(event) === true;
      return allows(ruleOf(event, transitionOf(event)), recordOf(job), {
        now,
        version: (knowsVersion ? present : former).version,
        claimId: (isHolder ? present : former).claimId,
        stuckBefore: now.low,
      });
    },
    permits(touch, job, { isHolder = false, failures, lease = 'live', isFresh = true }) {
      const { version } = isFresh ? present : former;
      const waits = { version, waitingReason: 'PAUSED' } as const;
      const facts = { ...waits, now, claimId: (isHolder ? present : former).claimId, failures, leaseExpiresAt: renewals[lease] };
      return permits(ruleOf(touch, touchOf(touch)), recordOf(job), facts);
    },
    undecided(event, job) {
      const row = transitionOf(event);
      const names: readonly DecisionName[] = 'decided' in row ? row.decided : [];
      return names.find((name) => !decisions[name].holds(recordOf(job)));
    },
  };
}

const unread = {
  jobId: 'job',
  owner: 'owner',
  type: 'simulate_work',
  priority: 'NORMAL',
  params: { kind: 'inline', value: {} },
  history: [],
  traceId: '',
  createdAt: 0,
  updatedAt: 0,
  sweeps: 0,
  writeId: '',
} as const;
