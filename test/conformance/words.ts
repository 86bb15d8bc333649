/** The words of conversations, and the values that they stand for. */
import type { Step } from './talk.ts';

/** What a conversation is, and the sentence of the document that it shows. */
export type Sentence = readonly [sentence: string, talk: (place: Place) => readonly Step[]];

export interface Place {
  /** A job that stays as it is. */
  readonly pending: string;
  createJob(): Promise<string>;
  cancel(jobId: string): Promise<unknown>;
}

export const init = { say: { type: 'connection_init' } };
export const ack = { hear: { type: 'connection_ack' } };
export const ready = [init, ack];
export const invalid = { closed: 4400, reason: 'Invalid message received' };
export const subscribe = (id: string, query: string, rest: object = {}) => ({
  say: { id, type: 'subscribe', payload: { query, ...rest } },
});
export const complete = (id: string) => ({ say: { id, type: 'complete' } });
export const next = (id: string, payload: object) => ({ hear: { id, type: 'next', payload } });
export const completed = (id: string) => ({ hear: { id, type: 'complete' } });
export const typename = [next('1', { data: { __typename: 'Query' } }), completed('1')];
/** Once this is answered, everything sent before has been read. */
export const settled = [{ say: { type: 'ping' } }, { hear: { type: 'pong' } }];
export const watch = ({ pending }: Place): string => `subscription { jobStatusChanged(jobId: "${pending}") { version } }`;
export const first = { data: { jobStatusChanged: { version: 1 } } };
export const slow = ({ pending }: Place, id: string, seconds: number) =>
  subscribe(id, `{ waitForJob(jobId: "${pending}", timeoutSeconds: ${seconds}) { version } }`);

/** A job of its own, for a conversation that ends it. */
export function endingJob({ createJob }: Place, talk: (jobId: string) => readonly Step[]): readonly Step[] {
  let jobId = '';
  return [{ act: async () => (jobId = await createJob()) }, { goOn: () => talk(jobId) }];
}

export function cancel(place: Place, jobId: string): Step {
  return { act: () => place.cancel(jobId) };
}
