/**
 * A type whose handlers do anything that a handler may do: steps, sleeps, signals and children, in sequence and in parallel. A
 * job's seed determines what it does; the listener determines how its runs end.
 */
import { PermanentError } from '../../core/errors.ts';
import { z } from 'zod';
import { defineHandler, type EndedJob, type HandlerContext, type JobHandler, type ReceivedSignal } from '../../core/handler.ts';
import { defineJobType } from '../../core/jobType.ts';
import { isSuspension } from '../../core/suspended.ts';
import { chanceOf } from '../faults/chance.ts';

export const program = defineJobType({
  name: 'program',
  description: 'Does what follows from its seed.',
  params: z.object({ seed: z.int(), depth: z.int().default(0), inputs: z.array(z.number()).default([]) }),
  result: z.object({ sum: z.number() }),
  policy: { timeoutSeconds: 60, attemptsPerReceive: 1, backoffBaseMs: 1000, backoffMaxMs: 2000 },
  example: { seed: 1 },
});

interface Child {
  readonly name: string;
  readonly seed: number;
}

type Act =
  | { readonly kind: 'step'; readonly name: string }
  /** `length`: 0 to 1, as a share of the longest sleep. */
  | { readonly kind: 'sleep'; readonly name: string; readonly length: number }
  | { readonly kind: 'signal'; readonly name: string; readonly timeout: number | undefined }
  /** `how`: waited for; run for the result; created and not waited for; waited for while other work goes on. */
  | { readonly kind: 'children'; readonly children: readonly Child[]; readonly how: 'wait' | 'run' | 'leave' | 'beside' };

/** Without children below a depth of 1. */
function programOf(seed: number, depth: number): readonly Act[] {
  const chance = chanceOf(seed);
  const count = Math.floor(chance() * 3.5);
  return Array.from({ length: count }, (_, index): Act => {
    const luck = chance();
    const name = `a${index}`;
    if (luck < 0.4) return { kind: 'step', name };
    if (luck < 0.55) return { kind: 'sleep', name, length: chance() };
    if (luck < 0.7 || depth < 1) return { kind: 'signal', name, timeout: chance() < 0.5 ? undefined : chance() };
    const how = (['wait', 'run', 'leave', 'beside'] as const)[Math.floor(chance() * 4)] ?? 'wait';
    const children = Array.from({ length: how === 'run' ? 1 : 1 + Math.floor(chance() * 2.5) }, (_child, number) => ({
      name: `${name}.${number}`,
      seed: Math.floor(chance() * 2 ** 31),
    }));
    return { kind: 'children', children, how };
  });
}

/** Called for everything that runs see and do. Each function may throw, which ends the run. */
export interface ProgramListener {
  begins(context: HandlerContext, inputs: readonly number[]): void;
  /** Within a step: returns the value that is kept. */
  stepRuns(context: HandlerContext, name: string): number;
  stepGave(context: HandlerContext, name: string, value: number): void;
  signalGave(context: HandlerContext, name: string, received: ReceivedSignal): void;
  childGave(context: HandlerContext, name: string, ended: EndedJob): void;
  /** Called now and then, between two acts. */
  goesOn(context: HandlerContext): void;
  ended(context: HandlerContext, end: { readonly sum: number } | { readonly isPermanent: boolean }): void;
  /** The seconds of a length from 0 to 1. */
  secondsOf(length: number): number;
}

export function createProgramHandler(listener: ProgramListener): JobHandler<typeof program> {
  return defineHandler(program, async ({ seed, depth, inputs }, context) => {
    try {
      listener.begins(context, inputs);
      let sum = inputs.reduce((all, one) => all + one, 1);
      for (const act of programOf(seed, depth)) {
        listener.goesOn(context);
        sum += await doneOf(act, { context, listener, depth });
      }
      listener.goesOn(context);
      listener.ended(context, { sum });
      return { sum };
    } catch (error) {
      if (!isSuspension(error) && !context.signal.aborted) listener.ended(context, { isPermanent: error instanceof PermanentError });
      throw error;
    }
  });
}

interface Run {
  readonly context: HandlerContext;
  readonly listener: ProgramListener;
  readonly depth: number;
}

/** Returns what it adds to the sum. */
async function doneOf(act: Act, run: Run): Promise<number> {
  const { context, listener } = run;
  switch (act.kind) {
    case 'step':
      return stepOf(act.name, run);
    case 'sleep':
      await context.sleep(act.name, listener.secondsOf(act.length));
      return 0;
    case 'signal':
      await signalOf(act.name, act.timeout, run);
      return 0;
    case 'children':
      return childrenOf(act, run);
    default:
      return act satisfies never;
  }
}

async function stepOf(name: string, { context, listener }: Run): Promise<number> {
  const value = await context.step(name, () => listener.stepRuns(context, name));
  listener.stepGave(context, name, value);
  return 1;
}

async function signalOf(name: string, timeout: number | undefined, { context, listener }: Run): Promise<void> {
  const options = timeout === undefined ? {} : { timeoutSeconds: listener.secondsOf(timeout) };
  listener.signalGave(context, name, await context.waitForSignal(name, options));
}

async function childrenOf({ children, how }: Extract<Act, { kind: 'children' }>, run: Run): Promise<number> {
  const { context, listener, depth } = run;
  const requestOf = ({ seed }: Child) => ({ type: program.name, params: { seed, depth: depth - 1 } });
  const [first] = children;
  if (how === 'run' && first !== undefined) return program.result.parse(await context.runJob(first.name, requestOf(first))).sum;
  for (const child of children) await context.createJob(child.name, requestOf(child));
  if (how === 'leave') return 0;
  const names = children.map(({ name }) => name);
  const waiting = context.waitFor(names);
  const beside = names.map((name) => `beside ${name}`);
  const others = how === 'beside' ? [stepOf(beside[0] ?? '', run), signalOf(`signal ${names[0] ?? ''}`, 0.5, run)] : [];
  const [ended] = await Promise.all([waiting, ...others]);
  for (const name of names) {
    const child = ended[name];
    if (child !== undefined) listener.childGave(context, name, child);
  }
  return names.length;
}

/** The signals that a job with that seed may wait for. */
export function signalsOf(seed: number, depth: number): readonly string[] {
  return programOf(seed, depth).flatMap((act) => {
    if (act.kind === 'signal') return [act.name];
    return act.kind === 'children' && act.how === 'beside' ? [`signal ${act.children[0]?.name ?? ''}`] : [];
  });
}
