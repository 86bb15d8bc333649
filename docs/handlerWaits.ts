/** The section on steps, sleeps and signals of the page on job types; its example is a file that is run by the tests. */
import { readFileSync } from 'node:fs';
import { maxNameLength } from '../core/usecases/kept.ts';
import { maxStepBytes } from '../core/usecases/keepStep.ts';
import { maxSignalBytes } from '../core/usecases/sendSignal.ts';

export function handlerWaits(): readonly string[] {
  const source = readFileSync(new URL('examples/orders/handler.ts', import.meta.url), 'utf8');
  return [
    '## Steps, sleeps and signals',
    '',
    'A handler may run more than once: after a failure, after its worker died, and after each of its waits, always from its start. What it has',
    'done through `step` is not done again:',
    '',
    '<!-- from: docs/examples/orders/handler.ts -->',
    '```ts',
    source.slice(source.indexOf('export const')).trim(),
    '```',
    '',
    `- \`step(name, work)\` does its work once and keeps the result, JSON of at most ${maxStepBytes / 1024} KB or none; later attempts and runs are given it. If it`,
    '  throws, nothing is kept, and the error goes on. If the worker dies after the work and before the result is kept, the work is done again: so give each effect',
    '  outside a key of its own, such as `idempotencyKey` and the step’s name. `Job.steps` lists what is done.',
    '- `sleep(name, seconds)` waits up to 365 days. `waitForSignal(name, { timeoutSeconds })` waits for `sendSignal(input: { jobId, name, payload })` by whoever',
    `  owns the job, before or after; \`{ timedOut: false, payload }\`, or \`{ timedOut: true }\`. A payload is JSON of at most ${maxSignalBytes / 1024} KB. A name takes one signal: the`,
    '  same again changes nothing, another payload is refused. A timeout of more than 15 minutes may come up to a minute late.',
    '- While it waits the job is PENDING (`waitingReason` SLEEP or SIGNAL). It holds no slot, no lease and none of its type’s limits, and uses up none of its attempts:',
    '  the handler goes on with the same `attempt`. `timeoutSeconds` counts a run, not the waits.',
    `- Names have 1 to ${maxNameLength} characters, and are each used once in a run: in a loop, put the number in. Keep names, and the order of what depends on`,
    '  each other, when you change a handler whose jobs are under way: the new handler is given what the old one kept under that name.',
    '- A wait ends the run by an error: `finally` and `catch` blocks run. In a `catch`, throw on an error for which `isSuspension(error)` is true, or catch only the',
    '  errors that you mean, as above. If the error is swallowed, the run ends all the same; its result is ignored, and the job’s log says so.',
    '- Parallel branches (`Promise.all`) may wait for several things: the run ends with the first wait, after the steps that are under way. The handler runs again',
    '  when one of the waits is over. Wait before or after a step, not within it.',
    '- `retryJob` keeps all of it, and waits again for a signal that had not come in time. With `fromStart: true` everything is done again. What is kept is deleted',
    '  with the job’s record.',
    '',
  ];
}
