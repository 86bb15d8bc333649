/** How many failures end a generation. */
import type { JobType } from '../jobType.ts';
import type { Core } from './core.ts';

/** As many as its type allows or, where the type does not say, the settings. */
export function maxFailuresOf(
  {
    settings: { attemptsPerReceive, maxReceiveCount },
  }: { readonly settings: Pick<Core['settings'], 'attemptsPerReceive' | 'maxReceiveCount'> },
  { policy }: Pick<JobType, 'policy'>,
): number {
  return (policy.attemptsPerReceive ?? attemptsPerReceive) * maxReceiveCount;
}
