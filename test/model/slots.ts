/**
 * At most N jobs of a key at once: workers that acquire, claim, free and park, lookers that repair, grant and wake, an index
 * that lags, messages that come twice, and deaths anywhere. What is decided on a key's entry is the shipped `core/slots.ts`.
 */
import type { Job } from '../../core/job.ts';
import { acquireSlot, freeSlot, grantSlot, hasRoom, slotLives, verdictOnHolder, type Slots } from '../../core/slots.ts';
import type { Model, Step } from './explore.ts';

export interface SlotsSetting {
  readonly jobs: number;
  readonly most: number;
  readonly actors: number;
  readonly crashes?: number;
  readonly cancels?: number;
  readonly releases?: number;
  readonly duplicates?: number;
}

/** Rules that a broken protocol lacks. */
export const slotMutants = [
  'sets a slot back to an older version',
  'claims whatever the version is',
  'frees a slot that has moved on',
  'takes a slot away before the claim from it',
  'leaves a parked holder asleep',
  'never looks after it was parked',
  'acquires whoever has room, and never looks after an end',
  'says that nobody waits whatever happened meanwhile',
] as const;
export type SlotMutant = (typeof slotMutants)[number];

/** `dead`: its holder's lease ran out. Parking moves no version. */
interface ModelJob {
  status: 'PENDING' | 'PROCESSING' | 'SUCCEEDED';
  isParked: boolean;
  isDead: boolean;
  version: number;
  messages: number;
  isIndexed: boolean;
}

type At = 'acquire' | 'claim' | 'work' | 'free' | 'park' | 'flag' | 'look' | 'repair' | 'find' | 'grant' | 'wake' | 'clear';

interface Actor {
  at: At;
  job: number;
  /** Read of the job, or claimed from. */
  version: number;
  /** The entry as it was read, and its version. */
  seen?: Slots | undefined;
  seenVersion: number;
  next: number;
  repairs: boolean;
}

export interface SlotsState {
  slots: Slots;
  entryVersion: number;
  jobs: ModelJob[];
  actors: Actor[];
  left: { crashes: number; cancels: number; releases: number; duplicates: number };
}

const idOf = (job: number): string => String(job);

export function slotsModel(setting: SlotsSetting, mutant?: SlotMutant): Model<SlotsState> {
  const { jobs, most, actors, crashes = 0, cancels = 0, releases = 0, duplicates = 0 } = setting;
  const fresh = (): ModelJob => ({ status: 'PENDING', isParked: false, isDead: false, version: 1, messages: 1, isIndexed: false });
  const initial: SlotsState = {
    slots: { holders: {}, someoneWaits: false },
    entryVersion: 1,
    jobs: Array.from({ length: jobs }, fresh),
    actors: [],
    left: { crashes, cancels, releases, duplicates },
  };
  return {
    initial: [initial],
    key: keyOf,
    violation: ({ jobs: all }) =>
      all.filter(({ status }) => status === 'PROCESSING').length > most ? `more than ${most} at once` : undefined,
    isDone: ({ actors: busy, jobs: all }) => busy.length === 0 && all.every(({ status }) => status === 'SUCCEEDED'),
    steps: (state) => [...surroundings(state, actors), ...state.actors.flatMap((_, index) => actorSteps(state, index, most, mutant))],
  };
}

function keyOf({ slots, entryVersion, jobs, actors, left }: SlotsState): string {
  const shown = (seen: Slots | undefined): string =>
    seen === undefined ? '' : `${Object.entries(seen.holders).join('.')}${seen.someoneWaits ? '!' : ''}`;
  const all = jobs.map(
    (job) => `${job.status[1] ?? ''}${Number(job.isParked)}${Number(job.isDead)}${job.version},${job.messages}${Number(job.isIndexed)}`,
  );
  const busy = actors
    .map(
      (actor) => `${actor.at}${actor.job},${actor.version},${shown(actor.seen)},${actor.seenVersion},${actor.next}${Number(actor.repairs)}`,
    )
    .toSorted();
  // A version of the entry matters only to those who have read one.
  const known = actors.some(({ seenVersion }) => seenVersion > 0) ? entryVersion : 0;
  return [shown(slots), known, Object.values(left).join(','), ...all, '|', ...busy].join(';');
}

const copyOf = (state: SlotsState): SlotsState => ({
  ...state,
  jobs: state.jobs.map((job) => ({ ...job })),
  actors: state.actors.map((actor) => ({ ...actor })),
  left: { ...state.left },
});

type Change = (to: SlotsState) => void;

function stepOf(state: SlotsState, name: string, isOptional: boolean, change: Change): Step<SlotsState> {
  const to = copyOf(state);
  change(to);
  return { name, to, isOptional };
}

const jobOf = (state: SlotsState, index: number): ModelJob => {
  const job = state.jobs[index];
  if (job === undefined) throw new Error('no such job');
  return job;
};

const actorOf = (at: At, job: number, version: number, repairs: boolean): Actor => ({ at, job, version, seenVersion: 0, next: 0, repairs });

const mayRun = ({ status, isParked, isDead }: ModelJob): boolean =>
  (status === 'PENDING' && !isParked) || (status === 'PROCESSING' && isDead);

/** Deliveries, the sweeper, the index, cancels, and the timer, which looks at each key that the index shows. */
function surroundings(state: SlotsState, mostActors: number): readonly Step<SlotsState>[] {
  const steps: Step<SlotsState>[] = [];
  const add = (name: string, isOptional: boolean, change: Change): void => void steps.push(stepOf(state, name, isOptional, change));
  const hasActor = state.actors.length < mostActors;
  state.jobs.forEach((job, index) => {
    if (hasActor && job.messages > 0) {
      add(`${index} is received`, false, (to) => {
        const received = jobOf(to, index);
        received.messages -= 1;
        if (mayRun(received)) to.actors.push(actorOf('acquire', index, received.version, false));
      });
    }
    const isHeld = state.actors.some((actor) => actor.job === index && ['acquire', 'claim', 'park'].includes(actor.at));
    if (job.messages === 0 && mayRun(job) && !isHeld) add(`${index} is swept`, false, (to) => void (jobOf(to, index).messages += 1));
    if (state.left.duplicates > 0 && job.status !== 'SUCCEEDED' && job.messages > 0) {
      add(`${index} is delivered twice`, true, (to) => {
        to.left.duplicates -= 1;
        jobOf(to, index).messages += 1;
      });
    }
    if (job.isIndexed !== job.isParked) add(`the index shows ${index}`, false, (to) => void (jobOf(to, index).isIndexed = job.isParked));
    if (state.left.cancels > 0 && job.status === 'PENDING') {
      add(`${index} is cancelled`, true, (to) => {
        to.left.cancels -= 1;
        end(jobOf(to, index));
      });
    }
  });
  const looks = state.actors.some(({ at, repairs }) => repairs && !['acquire', 'claim', 'work', 'park'].includes(at));
  if (hasActor && !looks && state.jobs.some(({ isIndexed }) => isIndexed)) {
    add('the timer looks', false, (to) => void to.actors.push(actorOf('look', -1, 0, true)));
  }
  return steps;
}

function end(job: ModelJob): void {
  job.status = 'SUCCEEDED';
  job.isParked = false;
  job.version += 1;
}

/** The record, as the shipped decisions read it. */
function recordOf({ status, version, isParked }: ModelJob): Pick<Job, 'status' | 'version' | 'waiting'> {
  return { status, version, ...(isParked ? { waiting: { reason: 'CONCURRENCY' } as const } : {}) };
}

function actorSteps(state: SlotsState, index: number, most: number, mutant: SlotMutant | undefined): readonly Step<SlotsState>[] {
  const actor = state.actors[index];
  if (actor === undefined) return [];
  const steps: Step<SlotsState>[] = [];
  const on = (name: string, change: (to: SlotsState, me: Actor) => void, isOptional = false): void => {
    const change1: Change = (to) => {
      const me = to.actors[index];
      if (me !== undefined) change(to, me);
    };
    steps.push(stepOf(state, `${index} ${name} ${actor.job}`, isOptional, change1));
  };
  const leaves = (to: SlotsState): void => void to.actors.splice(index, 1);
  const write = (to: SlotsState, slots: Slots): void => {
    to.slots = slots;
    to.entryVersion += 1;
  };
  const looks = (me: Actor, repairs: boolean): void => void Object.assign(me, { ...actorOf('look', -1, 0, repairs), seen: undefined });
  const holder = (me: Actor) => ({ jobId: idOf(me.job), version: me.version });

  if (state.left.crashes > 0) {
    on(
      'dies with',
      (to, me) => {
        to.left.crashes -= 1;
        if (me.at === 'work') jobOf(to, me.job).isDead = true;
        leaves(to);
      },
      true,
    );
  }
  switch (actor.at) {
    case 'acquire':
      on('acquires for', (to, me) => {
        const { [idOf(me.job)]: _own, ...others } = to.slots.holders;
        const slots = mutant === 'sets a slot back to an older version' ? { ...to.slots, holders: others } : to.slots;
        const isKnown = idOf(me.job) in to.slots.holders;
        const acquired =
          mutant === 'sets a slot back to an older version' && isKnown
            ? grantSlot(slots, holder(me), most)
            : acquireSlot(to.slots, holder(me), most);
        if (acquired.kind === 'taken') write(to, acquired.slots);
        if (acquired.kind === 'outdated') leaves(to);
        else me.at = acquired.kind === 'full' ? 'park' : 'claim';
      });
      break;
    case 'claim':
      on('claims', (to, me) => {
        const job = jobOf(to, me.job);
        if (mayRun(job) && (job.version === me.version || mutant === 'claims whatever the version is')) {
          Object.assign(job, { status: 'PROCESSING', isDead: false, version: job.version + 1 });
          me.at = 'work';
        } else if (slotLives(recordOf(job), me.version)) leaves(to);
        else me.at = 'free';
      });
      break;
    case 'work':
      on('finishes', (to, me) => {
        end(jobOf(to, me.job));
        me.at = 'free';
      });
      if (state.left.releases > 0) {
        on(
          'gives back',
          (to, me) => {
            to.left.releases -= 1;
            const job = jobOf(to, me.job);
            Object.assign(job, { status: 'PENDING', version: job.version + 1, messages: job.messages + 1 });
            me.at = 'free';
          },
          true,
        );
      }
      break;
    case 'free':
      on('frees', (to, me) => {
        const version = mutant === 'frees a slot that has moved on' ? (to.slots.holders[idOf(me.job)] ?? 0) : me.version;
        const freed = freeSlot(to.slots, { jobId: idOf(me.job), version });
        if (freed !== undefined) write(to, freed);
        if (to.slots.someoneWaits && mutant !== 'acquires whoever has room, and never looks after an end') looks(me, false);
        else leaves(to);
      });
      break;
    case 'park':
      on('parks', (to, me) => {
        const job = jobOf(to, me.job);
        if (job.version !== me.version || job.isParked || job.status === 'SUCCEEDED') return leaves(to);
        if (job.status === 'PENDING') {
          job.isParked = true;
          me.at = 'flag';
          return;
        }
        // Its message comes back.
        job.messages += 1;
        leaves(to);
      });
      break;
    case 'flag':
      on('tells that somebody waits:', (to, me) => {
        const isFirst = !to.slots.someoneWaits;
        if (isFirst) write(to, { ...to.slots, someoneWaits: true });
        if (mutant === 'never looks after it was parked') leaves(to);
        else looks(me, isFirst);
      });
      break;
    case 'look':
      on('looks', (to, me) => {
        Object.assign(me, { seen: to.slots, seenVersion: to.entryVersion, at: me.repairs ? 'repair' : 'find', next: 0 });
      });
      break;
    case 'repair':
      // One after another, not at one moment.
      on('repairs', (to, me) => {
        const [jobId, version] = Object.entries(me.seen?.holders ?? {})[me.next] ?? [];
        if (jobId === undefined || version === undefined) return looks(me, false);
        me.next += 1;
        const job = jobOf(to, Number(jobId));
        const isRunning = job.status === 'PROCESSING' && job.version === version + 1;
        const verdict =
          mutant === 'takes a slot away before the claim from it' && !isRunning ? 'free' : verdictOnHolder(recordOf(job), version);
        if (verdict === 'free') {
          const freed = freeSlot(to.slots, { jobId, version });
          if (freed !== undefined) write(to, freed);
        }
        if (verdict === 'wake' && mutant !== 'leaves a parked holder asleep' && job.isParked && job.version === version) {
          job.isParked = false;
          job.messages += 1;
        }
      });
      break;
    case 'find':
      on('finds', (to, me) => {
        if (me.seen === undefined || !hasRoom(me.seen, most)) return leaves(to);
        // Oldest first, by an index that lags; confirmed by the record.
        const oldest = to.jobs.findIndex(({ isIndexed, isParked }) => isIndexed && isParked);
        if (oldest === -1) {
          if (me.seen.someoneWaits) me.at = 'clear';
          else leaves(to);
          return;
        }
        Object.assign(me, { job: oldest, version: jobOf(to, oldest).version, at: 'grant' });
      });
      break;
    case 'grant':
      on('grants', (to, me) => {
        const granted = grantSlot(to.slots, holder(me), most);
        if (granted.kind === 'full' || granted.kind === 'outdated') return leaves(to);
        if (granted.kind === 'taken') write(to, granted.slots);
        me.at = 'wake';
      });
      break;
    case 'wake':
      on('wakes', (to, me) => {
        const job = jobOf(to, me.job);
        if (job.isParked && job.version === me.version) {
          job.isParked = false;
          job.messages += 1;
        } else if (!slotLives(recordOf(job), me.version)) {
          me.at = 'free';
          return;
        }
        looks(me, false);
      });
      break;
    case 'clear':
      on('tells that nobody waits', (to, me) => {
        if (to.entryVersion === me.seenVersion || mutant === 'says that nobody waits whatever happened meanwhile') {
          write(to, { ...to.slots, someoneWaits: false });
        }
        leaves(to);
      });
      break;
    default:
      actor.at satisfies never;
  }
  return steps;
}
