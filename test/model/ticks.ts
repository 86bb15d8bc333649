/**
 * A schedule's ticks: several who carry them out by the shipped decision, who die between any two of their requests, while
 * clients update the schedule, delete it and create it again. One write, put or read of the table is one step.
 */
import { tickJobId, type Schedule } from '../../core/schedule/schedule.ts';
import { settled, stepOf } from '../../core/schedule/scheduleStep.ts';
import { tickTimes } from '../../core/schedule/tickTimes.ts';
import type { Model, Step } from './explore.ts';

export type TickMutant =
  | 'puts before it decides'
  | 'decides whatever was written since'
  | 'settles whatever was written since'
  | 'updates without carrying out'
  | 'updates whatever was written since'
  | 'deletes without carrying out'
  | 'gives each job an id of its own'
  | 'begins a new incarnation at once'
  | 'forgets what is pending';

export interface TickProtocol {
  /** Ticks there are, one a second. */
  readonly last: number;
  /** How many work at the same time. */
  readonly actors: number;
  readonly crashes: number;
  readonly updates: number;
  readonly deletions: number;
  readonly mutant?: TickMutant | undefined;
}

type Seen = { readonly version: number; readonly schedule: Schedule };

interface Actor {
  readonly who: 'ticker' | 'updater' | 'deleter';
  /** What it has read; undefined: it is about to read. */
  readonly seen?: Seen | undefined;
  readonly hasPut?: boolean | undefined;
}

interface State {
  /** Undefined: deleted, and not created again yet. */
  readonly present: Seen | undefined;
  readonly version: number;
  /** By id: of which tick, and of which definition. */
  readonly jobs: Readonly<Record<string, { readonly at: number; readonly kind: string }>>;
  readonly now: number;
  readonly actors: readonly Actor[];
  readonly left: { readonly crashes: number; readonly updates: number; readonly deletions: number };
  /** Definitions of which no further job may come. */
  readonly over: readonly string[];
  readonly wrong?: string | undefined;
}

const second = 1000;

function madeAt(now: number, incarnation: string, isAtOnce: boolean): Schedule {
  return {
    owner: 'o',
    name: 'n',
    incarnation,
    everySeconds: 1,
    anchor: 0,
    timeZone: 'UTC',
    jitterSeconds: 0,
    type: `${incarnation} old`,
    priority: 'NORMAL',
    overlap: 'ALLOW_ALL',
    catchUp: 'ALL',
    isPaused: false,
    isBuffered: false,
    createdAt: 0,
    updatedAt: 0,
    next: (isAtOnce ? now : now + 1) * second,
    ticks: '',
  };
}

export function tickModel({ last, actors: most, crashes, updates, deletions, mutant }: TickProtocol): Model<State> {
  const first: Seen = { version: 1, schedule: madeAt(0, 'A', false) };
  const endsAt = last * second;

  return {
    initial: [{ present: first, version: 1, jobs: {}, now: 0, actors: [], left: { crashes, updates, deletions }, over: [] }],
    key: (state) => JSON.stringify({ ...state, actors: state.actors.map((actor) => JSON.stringify(actor)).toSorted() }),
    violation: ({ wrong, jobs }) => {
      if (wrong !== undefined) return wrong;
      const ats = Object.values(jobs).map(({ at }) => at);
      return new Set(ats).size < ats.length ? 'two jobs of one tick' : undefined;
    },
    // Ticks at a time without the schedule need no job.
    isDone: ({ present, now, actors, jobs }) =>
      now === last &&
      actors.length === 0 &&
      present !== undefined &&
      present.schedule.pending === undefined &&
      (present.schedule.next ?? Infinity) > endsAt &&
      (deletions > 0 || Object.keys(jobs).length === last),
    steps,
  };

  function steps(state: State): readonly Step<State>[] {
    const out: Step<State>[] = [];
    const add = (name: string, isOptional: boolean, to: Partial<State>): void =>
      void out.push({ name, isOptional, to: { ...state, ...to } });
    const { present, now, actors, left } = state;

    if (now < last) add('time passes', false, { now: now + 1 });
    if (present === undefined) {
      const schedule = madeAt(now, `B${left.deletions}`, mutant === 'begins a new incarnation at once');
      add('it is created again', false, { present: { version: state.version + 1, schedule }, version: state.version + 1 });
    }
    const come = (who: Actor['who']): readonly Actor[] => [...actors, { who }];
    const hasRoom = actors.length < most && present !== undefined;
    const isDue = present !== undefined && asked(present.schedule, now).kind !== 'wait';
    if (hasRoom && isDue)
      add(
        'a ticker comes',
        actors.some(({ who }) => who === 'ticker'),
        { actors: come('ticker') },
      );
    if (hasRoom && left.updates > 0)
      add('an updater comes', true, { actors: come('updater'), left: { ...left, updates: left.updates - 1 } });
    if (hasRoom && left.deletions > 0) {
      add('a deleter comes', true, { actors: come('deleter'), left: { ...left, deletions: left.deletions - 1 } });
    }
    actors.forEach((actor, index) => {
      const become = (change: Partial<Actor> | undefined): readonly Actor[] =>
        change === undefined ? actors.toSpliced(index, 1) : actors.with(index, { ...actor, ...change });
      if (left.crashes > 0)
        add(`${actor.who} ${index} dies`, true, { actors: become(undefined), left: { ...left, crashes: left.crashes - 1 } });
      add(`${actor.who} ${index}`, false, acted(state, actor, become));
    });
    return out;
  }

  function asked(schedule: Schedule, now: number) {
    return stepOf(schedule, tickTimes({ ...schedule, endsAt }), { low: now * second }, false);
  }

  function acted(state: State, actor: Actor, become: (change: Partial<Actor> | undefined) => readonly Actor[]): Partial<State> {
    const { present, now, version } = state;
    const { who, seen, hasPut } = actor;
    if (seen === undefined) return { actors: become(present === undefined ? undefined : { seen: present }) };

    const again = { seen: undefined, hasPut: undefined };
    /** Conditional on what was read, unless a mutant forgets it. */
    function written(
      schedule: Schedule | undefined,
      next: Partial<Actor> | undefined,
      ignores: TickMutant,
      more: Partial<State> = {},
    ): Partial<State> {
      const isLost = present === undefined || (present.version !== seen?.version && mutant !== ignores);
      if (isLost) return { actors: become(again) };
      const newer = schedule === undefined ? undefined : { version: version + 1, schedule };
      return { present: newer, version: version + 1, actors: become(next), ...more };
    }
    function put(at: number, schedule: Schedule): Partial<State> {
      const jobId = `${tickJobId(schedule, at)}${mutant === 'gives each job an id of its own' ? version : ''}`;
      const kind = schedule.type;
      const known = state.jobs[jobId];
      const late = known === undefined && state.over.includes(kind) ? `tick ${at} of a kind that is over` : undefined;
      return { jobs: known === undefined ? { ...state.jobs, [jobId]: { at, kind } } : state.jobs, wrong: late };
    }

    const { schedule } = seen;
    const step = asked(schedule, now);
    const passesOver =
      (who === 'updater' && mutant === 'updates without carrying out') || (who === 'deleter' && mutant === 'deletes without carrying out');
    if (step.kind === 'carryOut' && !passesOver) {
      if (hasPut !== true) return { ...put(step.at, schedule), actors: become({ hasPut: true }) };
      return written(settled(schedule), again, 'settles whatever was written since');
    }
    if (who === 'updater') {
      const kept = mutant === 'forgets what is pending' ? { ...schedule, pending: undefined } : schedule;
      const more = { over: [...state.over, schedule.type] };
      return written(
        { ...kept, type: `${schedule.incarnation} new ${state.left.updates}` },
        undefined,
        'updates whatever was written since',
        more,
      );
    }
    if (who === 'deleter')
      return written(undefined, undefined, 'updates whatever was written since', { over: [...state.over, schedule.type] });
    if (step.kind !== 'write') return { actors: become(undefined) };
    if (mutant === 'puts before it decides' && hasPut !== true && step.schedule.pending !== undefined) {
      return { ...put(step.schedule.pending, schedule), actors: become({ hasPut: true }) };
    }
    return written(
      mutant === 'forgets what is pending' ? { ...step.schedule, pending: undefined } : step.schedule,
      again,
      'decides whatever was written since',
    );
  }
}
