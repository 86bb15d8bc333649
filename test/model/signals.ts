/**
 * A handler that waits for a signal, by the shipped decisions: workers that die between any two of their requests, or sleep
 * beyond their lease while another takes over; senders who repeat, contradict and die; the timer. One request is one step.
 */
import { exactly } from '../../core/clock.ts';
import type { Job } from '../../core/job.ts';
import { onSend, onTell, onWait, type Signal } from '../../core/signals.ts';
import { hasTimedOut, type Waiting } from '../../core/waiting.ts';
import type { Model, Step } from './explore.ts';

export type SignalMutant =
  | 'waits without saying so'
  | 'says that it waits whatever was written since'
  | 'does not look once it is suspended'
  | 'sends whatever was written since'
  | 'takes who runs for told'
  | 'tells before it wakes'
  | 'is told of a timeout without writing it'
  | 'has no timer';

export interface SignalProtocol {
  readonly timeout: number | undefined;
  /** What each sends, one after the other or at once. */
  readonly payloads: readonly string[];
  readonly crashes: number;
  readonly lapses: number;
  readonly mutant?: SignalMutant | undefined;
}

interface Entry {
  readonly version: number;
  readonly signal: Signal | undefined;
}

/** The part of the record that matters; version 0 of a claim is none. */
interface Record {
  readonly status: Job['status'];
  readonly version: number;
  readonly waiting?: Waiting | undefined;
}

interface Actor {
  readonly who: 'worker' | 'sender' | 'timer';
  readonly at: 'read' | 'decide' | 'suspend' | 'look' | 'wake' | 'end' | 'askJob' | 'tell';
  /** For a worker: the claim by which it holds the job. For a process that wakes: the version that was read. */
  readonly version?: number | undefined;
  readonly payload?: string | undefined;
  readonly seen?: Entry | undefined;
  readonly waiting?: Waiting | undefined;
}

interface State {
  readonly job: Record;
  readonly entry: Entry;
  readonly now: number;
  readonly actors: readonly Actor[];
  readonly left: { readonly payloads: readonly string[]; readonly crashes: number; readonly lapses: number };
  /** The signals that senders were told are accepted, and what handlers were told. */
  readonly accepted: readonly string[];
  readonly told: readonly string[];
}

const generation = 1;

export function signalModel({ timeout, payloads, crashes, lapses, mutant }: SignalProtocol): Model<State> {
  return {
    initial: [
      {
        job: { status: 'PENDING', version: 1 },
        entry: { version: 0, signal: undefined },
        now: 0,
        actors: [],
        left: { payloads, crashes, lapses },
        accepted: [],
        told: [],
      },
    ],
    key: keyOf,
    violation: ({ accepted, told, entry }) => {
      if (new Set(accepted).size > 1) return 'two signals were taken';
      if (told.length > 1) return `two runs were told different things: ${told.join(' and ')}`;
      const [signal] = accepted;
      if (signal !== undefined && entry.signal?.state !== 'sent') return 'a signal that was taken is gone';
      return signal !== undefined && told[0] !== undefined && told[0] !== signal ? `sent ${signal}, told ${told[0]}` : undefined;
    },
    isDone: ({ job, entry, actors }) =>
      actors.length === 0 &&
      (job.status === 'SUCCEEDED' ? entry.signal?.state !== 'sent' || entry.signal.isTold : isWaitingForNobody(job, entry)),
    steps,
  };

  function steps(state: State): readonly Step<State>[] {
    const out: Step<State>[] = [];
    const add = (name: string, to: Partial<State>, isOptional = false): void =>
      void out.push({ name, isOptional, to: { ...state, ...to } });
    const { job, entry, now, actors, left } = state;
    const come = (actor: Actor): readonly Actor[] => [...actors, actor];

    const ends = [job.waiting?.until, entry.signal?.state === 'awaited' ? entry.signal.until : undefined];
    if (ends.some((until) => until !== undefined && until > now)) add('time passes', { now: now + 1 });
    const isHeld = actors.some(({ who, version }) => who === 'worker' && version === job.version) && job.status === 'PROCESSING';
    const mayClaim = (job.status === 'PENDING' && job.waiting === undefined) || (job.status === 'PROCESSING' && !isHeld);
    const claimed = {
      job: { status: 'PROCESSING', version: job.version + 1 },
      actors: come({ who: 'worker', at: 'read', version: job.version + 1 }),
    } as const;
    if (mayClaim) add('a worker claims', claimed);
    else if (job.status === 'PROCESSING' && left.lapses > 0)
      add('the lease ends, another claims', { ...claimed, left: { ...left, lapses: left.lapses - 1 } }, true);
    const [payload, ...others] = left.payloads;
    if (payload !== undefined)
      add('a sender comes', { actors: come({ who: 'sender', at: 'read', payload }), left: { ...left, payloads: others } }, true);
    if (mutant !== 'has no timer' && !actors.some(({ who }) => who === 'timer')) {
      if (entry.signal?.state === 'sent' && !entry.signal.isTold)
        add('the timer finds the signal', { actors: come({ who: 'timer', at: 'askJob', seen: entry }) });
      if (job.waiting !== undefined && hasTimedOut(job.waiting, exactly(now)))
        add('the timer finds the job', { actors: come({ who: 'timer', at: 'wake', version: job.version }) });
    }
    actors.forEach((actor, index) => {
      const become = (change: Partial<Actor> | undefined): readonly Actor[] =>
        change === undefined ? actors.toSpliced(index, 1) : actors.with(index, { ...actor, ...change });
      if (left.crashes > 0)
        add(`a ${actor.who} dies at ${actor.at}`, { actors: become(undefined), left: { ...left, crashes: left.crashes - 1 } }, true);
      add(`a ${actor.who} goes on from ${actor.at}`, acted(state, actor, become));
    });
    return out;
  }

  function acted(state: State, actor: Actor, become: (change: Partial<Actor> | undefined) => readonly Actor[]): Partial<State> {
    const { entry } = state;
    if (actor.at === 'read') return { actors: become({ at: 'decide', seen: entry }) };
    if (actor.at === 'decide') return actor.who === 'worker' ? waits(state, actor, become) : sends(state, actor, become);
    return written(state, actor, become);
  }

  function put(state: State, { seen }: Actor, signal: Signal, ignores: SignalMutant): Entry | undefined {
    const isLost = seen?.version !== state.entry.version && mutant !== ignores;
    return isLost ? undefined : { version: state.entry.version + 1, signal };
  }

  function waits(state: State, actor: Actor, become: (change: Partial<Actor> | undefined) => readonly Actor[]): Partial<State> {
    const now = exactly(state.now);
    const awaited = onWait(actor.seen?.signal, { generation, timeoutMs: timeout, now });
    const tell = (what: string): Partial<State> => ({ actors: become({ at: 'end' }), told: [...new Set([...state.told, what])] });
    switch (awaited.kind) {
      case 'received':
        return tell(JSON.stringify(awaited.payload));
      case 'timedOut':
        return tell('timeout');
      case 'wait':
        return { actors: become({ at: 'suspend', waiting: { reason: 'SIGNAL', until: awaited.until } }) };
      case 'write': {
        const { signal } = awaited;
        if (mutant === 'waits without saying so' && signal.state === 'awaited')
          return { actors: become({ at: 'suspend', waiting: { reason: 'SIGNAL', until: signal.until } }) };
        if (mutant === 'is told of a timeout without writing it' && signal.state === 'timedOut') return tell('timeout');
        const entry = put(state, actor, signal, 'says that it waits whatever was written since');
        return entry === undefined ? { actors: become({ at: 'read' }) } : { entry, actors: become({ at: 'decide', seen: entry }) };
      }
      default:
        return awaited satisfies never;
    }
  }

  function sends(state: State, actor: Actor, become: (change: Partial<Actor> | undefined) => readonly Actor[]): Partial<State> {
    const payload = actor.payload ?? '';
    const sending = onSend(actor.seen?.signal, { generation, payload, at: 0, isSame: (other) => other === payload });
    const accepted = [...new Set([...state.accepted, JSON.stringify(payload)])];
    switch (sending.kind) {
      case 'refused':
        return { actors: become(undefined) };
      case 'same':
        return { accepted, actors: become({ at: 'askJob' }) };
      case 'write': {
        const entry = put(state, actor, sending.signal, 'sends whatever was written since');
        return entry === undefined
          ? { actors: become({ at: 'read' }) }
          : { accepted, entry, actors: become({ at: 'askJob', seen: entry }) };
      }
      default:
        return sending satisfies never;
    }
  }

  function written(state: State, actor: Actor, become: (change: Partial<Actor> | undefined) => readonly Actor[]): Partial<State> {
    const { job, entry } = state;
    const { version } = actor;
    switch (actor.at) {
      case 'suspend':
        if (job.version !== version || job.status !== 'PROCESSING') return { actors: become(undefined) };
        return {
          job: { status: 'PENDING', version: version + 1, waiting: actor.waiting },
          actors: become(mutant === 'does not look once it is suspended' ? undefined : { at: 'look', version: version + 1 }),
        };
      case 'look':
        return { actors: become(entry.signal?.state === 'sent' ? { at: 'wake' } : undefined) };
      case 'end':
        if (job.version !== version || job.status !== 'PROCESSING') return { actors: become(undefined) };
        return { job: { status: 'SUCCEEDED', version: version + 1 }, actors: become(undefined) };
      case 'askJob': {
        const { signal } = actor.seen ?? {};
        if (signal?.state !== 'sent' || signal.isTold) return { actors: become(undefined) };
        const verdict = onTell({ status: job.status, waiting: job.waiting }, {});
        if (verdict === 'later' && mutant !== 'takes who runs for told') return { actors: become(undefined) };
        return { actors: become({ at: verdict === 'wake' && mutant !== 'tells before it wakes' ? 'wake' : 'tell', version: job.version }) };
      }
      case 'wake': {
        // A wait that nobody ends is not changed: the version is the same, but the wait is over already.
        const isOurs = job.version === version && job.waiting !== undefined;
        const woken = isOurs ? { job: { ...job, waiting: undefined } } : {};
        if (actor.seen?.signal === undefined || actor.who === 'worker') return { ...woken, actors: become(undefined) };
        if (mutant === 'tells before it wakes') return { ...woken, actors: become(undefined) };
        return { ...woken, actors: become({ at: isOurs ? 'tell' : 'askJob' }) };
      }
      case 'tell': {
        const { seen } = actor;
        const isLost = seen === undefined || seen.version !== entry.version || seen.signal?.state !== 'sent';
        const told = isLost ? {} : { entry: { version: entry.version + 1, signal: { ...seen.signal, isTold: true } } };
        return { ...told, actors: become(mutant === 'tells before it wakes' ? { at: 'wake' } : undefined) };
      }
      case 'read':
      case 'decide':
        throw new Error(`nothing is written at ${actor.at}`);
      default:
        return actor.at satisfies never;
    }
  }
}

/** Versions only grow, and are compared for being the present one alone. */
function keyOf({ job, entry, actors, ...rest }: State): string {
  const keys = actors.map(({ version, seen, ...actor }) => [
    JSON.stringify(actor),
    version === job.version,
    seen === undefined ? '' : seen.version === entry.version || JSON.stringify(seen.signal ?? 'none'),
  ]);
  return JSON.stringify([rest, job.status, job.waiting, entry.signal, keys.map((key) => key.join()).toSorted()]);
}

/** It may wait for ever, if nobody sends. */
function isWaitingForNobody({ waiting }: Record, { signal }: Entry): boolean {
  return waiting !== undefined && waiting.until === undefined && signal?.state === 'awaited';
}
