/** What each client library has to do here: three operations, as its users write them. */
import { z } from 'zod';

export const documents = {
  job: 'query Job($jobId: ID!) { job(jobId: $jobId) { jobId status } }',
  create: 'mutation Create($input: CreateJobInput!) { createJob(input: $input) { job { jobId status } } }',
  watch: 'subscription Watch($jobId: ID!) { jobStatusChanged(jobId: $jobId) { version status } }',
} as const;

export interface Sink {
  next(data: unknown): void;
  error(error: unknown): void;
  complete(): void;
}

export interface OpenedClient {
  /** The answer's data. @throws what the library throws. */
  query(variables: { readonly jobId: string }): Promise<unknown>;
  mutate(variables: { readonly input: object }): Promise<unknown>;
  /** @returns the function that ends it. */
  watch?(variables: { readonly jobId: string }, sink: Sink): () => void;
  close?(): unknown;
}

export interface ClientOptions {
  /** Of the API. */
  readonly url: string;
  /** A fresh token. */
  readonly token: () => Promise<string>;
}

export interface Client {
  readonly name: string;
  readonly transport: string;
  open(options: ClientOptions): OpenedClient;
}

export const webSocketUrl = (url: string): string => url.replace(/^http/, 'ws');
export const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));
export const bearer = async (token: () => Promise<string>): Promise<{ authorization: string }> => ({
  authorization: `Bearer ${await token()}`,
});

/** The single answer of a stream. */
export function onlyOf(subscribe: (sink: Sink) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    subscribe({ next: resolve, error: reject, complete: () => reject(new Error('no answer')) });
  });
}

/** What a library calls a result, with errors beside data. */
export function dataOf({ data, errors }: { readonly data?: unknown; readonly errors?: readonly unknown[] | undefined }): unknown {
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

const answerOf = z.object({ data: z.unknown().optional(), errors: z.array(z.unknown()).optional() });

export function parseAnswer(text: string): z.infer<typeof answerOf> {
  return answerOf.parse(JSON.parse(text));
}
