/** Every interleaving of the protocol within small bounds, and proof that the model would notice a protocol that is broken. */
import { describe, expect, test } from 'vitest';
import { finalStatuses } from '../../core/job.ts';
import { transitions } from '../../core/transitions.ts';
import { explore, type Exploration } from './explore.ts';
import { protocolModel, type Protocol } from './protocol.ts';
import type { Budget } from './state.ts';

const nothingHappens: Budget = { crashes: 0, duplicates: 0, retries: 0, cancels: 0, sendFailures: 0 };

/** Two workers and two receives, always. */
function exploreWith({ budget = {}, ...changes }: Partial<Omit<Protocol, 'budget'>> & { readonly budget?: Partial<Budget> }): Exploration {
  return explore(protocolModel({ budget: { ...nothingHappens, ...budget }, maxReceives: 2, maxSweeps: 0, sweeper: 'patient', ...changes }));
}

const bounds: Readonly<Record<string, Parameters<typeof exploreWith>[0]>> = {
  'one crash, one duplicate': { budget: { crashes: 1, duplicates: 1 } },
  'one crash, one retry': { budget: { crashes: 1, retries: 1 } },
  'one duplicate, one cancel': { budget: { duplicates: 1, cancels: 1 } },
  'one cancel, a sweeper that sends again at any time': {
    budget: { cancels: 1 },
    maxSweeps: 1,
    sweeper: 'any time',
  },
  'one send that fails or whose answer is lost, one crash': { budget: { sendFailures: 1, crashes: 1 } },
};

test.for(Object.entries(bounds))('every job ends once, and nobody writes without the claim: %s', ([name, changes]) => {
  const { violation, states, steps } = exploreWith(changes);
  process.stdout.write(`model: ${states} states, ${steps} steps: ${name}\n`);
  expect(violation).toBeUndefined();
});

test('only a retry leaves a final state, as the model takes for granted', () => {
  const leaving = transitions.filter(({ from }) => finalStatuses.some((status) => (from as readonly string[]).includes(status)));
  expect(leaving.map(({ event }) => event)).toEqual(['retry']);
});

describe('the model notices', () => {
  const noticed = (changes: Parameters<typeof exploreWith>[0]): string => exploreWith(changes).violation?.what ?? 'nothing';

  test('writes that are conditional neither on the claim nor on the version', () => {
    expect(noticed({ without: ['holdsClaim'], ignoresVersions: true })).toMatch(/without the claim took effect/);
    // Two fences: the version alone would keep a worker out that was taken over.
    expect(noticed({ without: ['holdsClaim'], budget: { retries: 1 } })).toBe('nothing');
  });

  test('claims on a record that has changed since it was read', () => {
    expect(noticed({ ignoresVersions: true, budget: { retries: 1 } })).toMatch(/attempts went back/);
  });

  test('a duplicate that is deleted because somebody else holds the job', () => {
    expect(noticed({ deletesWhatIsHeld: true, budget: { duplicates: 1 } })).toMatch(/was deleted while its job is PROCESSING/);
  });

  test('a message that is deleted by a worker which lost its claim', () => {
    expect(noticed({ deletesAfterLostClaim: true })).toMatch(/was deleted while its job is/);
  });

  test('a dead letter that ends a job which has not used up its budget', () => {
    expect(noticed({ endsEveryDeadLetter: true })).toBe('a job ended with 0 failures and 0 losses');
  });

  test('a dead letter that is dropped and not sent anew', () => {
    expect(noticed({ dropsEveryDeadLetter: true, sweeper: 'none' })).toBe('from here on, nothing that must happen leads to an end');
  });

  test('a first claim that forgets the attempts of a job that was sent again', () => {
    expect(noticed({ betsThatNothingWasTried: true, maxSweeps: 1, sweeper: 'any time' })).toMatch(/attempts went back/);
  });

  test('jobs that nobody would ever find, if there were no sweeper', () => {
    expect(noticed({ sweeper: 'none', budget: { crashes: 1 } })).toBe('from here on, nothing that must happen leads to an end');
  });
});
