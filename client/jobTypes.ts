/** Params and results of the job types that come with the project. test/client holds them against `core/jobType.ts`. */

/** What a client knows of job types, by their names. */
export type JobTypesShape = Readonly<Record<string, { readonly params: unknown; readonly result: unknown }>>;

/** For your own types: `createJobTickets<ProjectJobTypes & { resize_image: { params: …; result: … } }>(…)`. */
export type ProjectJobTypes = {
  readonly simulate_work: {
    readonly params: {
      durationMs?: number | undefined;
      failAttempts?: number | undefined;
      failPermanently?: boolean | undefined;
      steps?: number | undefined;
      payload?: JsonValue | undefined;
    };
    readonly result: { attempts: number; sleptMs: number; payload?: JsonValue | undefined };
  };
  readonly process_document: {
    readonly params: { source: string; output?: string | undefined };
    readonly result: {
      kind: 'pdf' | 'text';
      pages: number;
      words: number;
      bytes: number;
      sha256: string;
      text: string;
      textTruncated: boolean;
      output?: string | undefined;
    };
  };
  readonly transform_data: {
    readonly params: { source: string; output: string; to: 'jsonl' | 'csv' };
    readonly result: { rows: number; output: string; bytes: number; sha256: string };
  };
  readonly generate_report: {
    readonly params: { source: string; output: string; title?: string | undefined; groupBy: string; value: string };
    readonly result: { rows: number; total: number; groups: number; output: string; bytes: number; sha256: string };
  };
};

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };
