/**
 * At most N jobs of a key at once: workers that acquire, claim, free and park, lookers that repair, grant and wake, an index
 * that lags, messages that come twice, and deaths anywhere. What is decided on a key's entry is the shipped `core/slots.ts`.
 */
import type { Slots } from '../../core/slots.ts';
import type { Model, Step } from './explore.ts';
import { actorSteps } from './slotSteps.ts';
import {
  actorOf,
  end,
  jobOf,
  mayRun,
  stepOf,
  type Change,
  type ModelJob,
  type SlotMutant,
  type SlotsSetting,
  type SlotsState,
} from './slotsState.ts';

export function slotsModel(setting: SlotsSetting, mutant?: SlotMutant): Model<SlotsState> {
  const { jobs, most, actors, crashes = 0, cancels = 0, releases = 0, duplicates = 0, withoutTimer = false } = setting;
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
    steps: (state) => [
      ...surroundings(state, actors, withoutTimer),
      ...state.actors.flatMap((_, index) => actorSteps(state, index, { most, withoutTimer }, mutant)),
    ],
  };
}

function keyOf({ slots, entryVersion, jobs, actors, left }: SlotsState): string {
  const shown = (seen: Slots | undefined): string =>
    seen === undefined ? '' : `${Object.entries(seen.holders).join('.')}${seen.someoneWaits ? '!' : ''}`;
  const all = jobs.map(
    (job) => `${job.status[1] ?? ''}${Number(job.isParked)}${Number(job.isDead)}${job.version},${job.messages}${Number(job.isIndexed)}`,
  );
  // Of the entry's versions nothing matters but whether one that was read is still the present one.
  const busy = actors
    .map(
      (actor) =>
        `${actor.at}${actor.job},${actor.version},${shown(actor.seen)},${Number(actor.seenVersion === entryVersion)},${actor.next}${Number(actor.repairs)}`,
    )
    .toSorted();
  return [shown(slots), Object.values(left).join(','), ...all, '|', ...busy].join(';');
}

/** Deliveries, the sweeper, the index, cancels, and the timer, which looks at each key that the index shows. */
function surroundings(state: SlotsState, mostActors: number, withoutTimer: boolean): readonly Step<SlotsState>[] {
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
    if (job.isIndexed !== job.isParked && !withoutTimer)
      add(`the index shows ${index}`, false, (to) => void (jobOf(to, index).isIndexed = job.isParked));
    if (state.left.cancels > 0 && job.status === 'PENDING') {
      add(`${index} is cancelled`, true, (to) => {
        to.left.cancels -= 1;
        end(jobOf(to, index));
      });
    }
  });
  const looks = state.actors.some(({ at, repairs }) => repairs && !['acquire', 'claim', 'work', 'park'].includes(at));
  if (!withoutTimer && hasActor && !looks && state.jobs.some(({ isIndexed }) => isIndexed)) {
    add('the timer looks', false, (to) => void to.actors.push(actorOf('look', -1, 0, true)));
  }
  return steps;
}
