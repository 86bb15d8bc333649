/** The handler of programs in a process that may be killed: it writes each thing that a run sees or does to a file before it goes on. */
import { appendFileSync } from 'node:fs';
import { PermanentError } from '../../core/errors.ts';
import { createProgramHandler } from '../support/programs.ts';
import type { Effect } from './programEffects.ts';

const file = process.env['EFFECTS_FILE'] ?? '';
const note = (effect: Effect): void => appendFileSync(file, `${JSON.stringify(effect)}\n`);

/** The share of moments at which a run ends. */
const failure = 0.04;
const longestSeconds = 3;

export const handler = createProgramHandler({
  begins({ idempotencyKey: jobId, dependencies }) {
    const statuses = Object.values(dependencies).map((one) => one.status);
    note({ kind: 'begins', jobId, statuses });
  },
  stepRuns({ idempotencyKey: jobId }, name) {
    const value = Math.random();
    note({ kind: 'stepRuns', jobId, name });
    return value;
  },
  stepGave: ({ idempotencyKey: jobId }, name, value) => note({ kind: 'stepGave', jobId, name, value }),
  signalGave: ({ idempotencyKey: jobId }, name, { timedOut, payload }) => {
    if (!timedOut) note({ kind: 'signalGave', jobId, name, value: payload });
  },
  childGave: ({ idempotencyKey: jobId }, name, { status }) => note({ kind: 'childGave', jobId, name, status }),
  goesOn({ idempotencyKey }) {
    const luck = Math.random();
    if (luck < failure / 2) throw new PermanentError(`${idempotencyKey} fails for good`);
    if (luck < failure) throw new Error(`${idempotencyKey} fails an attempt`);
  },
  ended: ({ idempotencyKey: jobId }, end) => note({ kind: 'ended', jobId, sum: 'sum' in end ? end.sum : undefined }),
  secondsOf: (length) => length * longestSeconds,
});
