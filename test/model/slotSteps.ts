/** The next step of a worker, a looker or the timer: what it decides about a key's entry is the real `core/slots.ts`. */
import { acquireSlot, freeSlot, grantSlot, hasRoom, isHolder, slotLives, verdictOnHolder, type Slots } from '../../core/slots.ts';
import type { Step } from './explore.ts';
import {
  actorOf,
  end,
  idOf,
  jobOf,
  mayRun,
  recordOf,
  stepOf,
  type Actor,
  type Change,
  type SlotMutant,
  type SlotsSetting,
  type SlotsState,
} from './slotsState.ts';

export function actorSteps(
  state: SlotsState,
  index: number,
  { most, withoutTimer = false }: Pick<SlotsSetting, 'most' | 'withoutTimer'>,
  mutant: SlotMutant | undefined,
): readonly Step<SlotsState>[] {
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
        if (to.slots.someoneWaits && mutant !== 'does not look at the key after an end') looks(me, false);
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
        if (isFirst || mutant !== 'keeps to itself that one more waits') write(to, { ...to.slots, someoneWaits: true });
        if (isHolder(to.slots, holder(me)) && mutant !== 'leaves a holder asleep that it parked') me.at = 'wake';
        else if (mutant === 'does not look at the key after a park') leaves(to);
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
        const oldest = to.jobs.findIndex(({ isIndexed, isParked }) => (isIndexed || withoutTimer) && isParked);
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
        const isAsSeen = to.entryVersion === me.seenVersion || mutant === 'tells that nobody waits, whatever has happened to the key';
        if (isAsSeen) write(to, { ...to.slots, someoneWaits: false });
        leaves(to);
      });
      break;
    default:
      actor.at satisfies never;
  }
  return steps;
}
