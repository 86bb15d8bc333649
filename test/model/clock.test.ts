/** Every way in which two workers can claim and renew on clocks that are wrong. */
import { expect, test } from 'vitest';
import { clockModel, type ClockProtocol } from './clock.ts';
import { explore } from './explore.ts';

const shipped: ClockProtocol = { knows: 'bounds', skewsMs: [0, 5000], countsFrom: 'the sending', overtakes: false, isMonotone: true };

/** With nothing between the bounds, there is no slack in which a mistake could hide. */
const exact = { knows: 'its own clock', skewsMs: [0, 0] } as const;

test.for([
  ['true clocks, renewals that overtake each other', { ...shipped, ...exact, overtakes: true }],
  ['the other’s clock five seconds ahead', shipped],
  ['the other’s clock five seconds behind', { ...shipped, skewsMs: [0, -5000] }],
] as const)('no two handlers run at once, and nobody takes the lease of one that runs: %s', { timeout: 600_000 }, ([name, protocol]) => {
  const { violation, states } = explore(clockModel(protocol));
  process.stdout.write(`clock: ${states} states: ${name}\n`);
  expect(violation).toBeUndefined();
});

test.runIf(process.env['FAULTS'] === 'long')('also where renewals overtake each other', { timeout: 600_000 }, () => {
  const { violation, states } = explore(clockModel({ ...shipped, overtakes: true }));
  process.stdout.write(`clock: ${states} states: renewals overtake each other\n`);
  expect(violation).toBeUndefined();
});

test.for([
  ['leases judged by each machine’s own clock', { knows: 'its own clock' }],
  ['one best guess of the time for writing and judging', { knows: 'best guess' }],
  ['a holder that counts its lease from the answer', { ...exact, countsFrom: 'the answer' }],
  ['a holder that waits to be told', { countsFrom: 'never' }],
  ['a renewal that moves the lease back', { ...exact, overtakes: true, isMonotone: false }],
] as const)('the model notices %s', { timeout: 600_000 }, ([, broken]) => {
  expect(explore(clockModel({ ...shipped, ...broken })).violation).toBeDefined();
});
