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
    readonly params: { source: string; output?: string | undefined; encoding?: TextEncoding | undefined };
    readonly result: {
      kind: 'pdf' | 'text';
      pages: number;
      words: number;
      bytes: number;
      sha256: string;
      text: string;
      textTruncated: boolean;
      encoding?: TextEncoding | undefined;
      damage: string[];
      output?: string | undefined;
    };
  };
  readonly transform_data: {
    readonly params: {
      source: string;
      output: string;
      to: 'jsonl' | 'csv';
      encoding?: TextEncoding | undefined;
      delimiter?: Delimiter | undefined;
      headers?: boolean | undefined;
      formulas?: 'escape' | 'keep' | undefined;
    };
    readonly result: {
      rows: number;
      encoding: TextEncoding;
      delimiter: string;
      tolerated: Tolerated;
      escapedFormulas: number;
      output: string;
      bytes: number;
      sha256: string;
    };
  };
  readonly generate_report: {
    readonly params: {
      source: string;
      output: string;
      title?: string | undefined;
      groupBy: string;
      value: string;
      encoding?: TextEncoding | undefined;
      delimiter?: Delimiter | undefined;
      headers?: boolean | undefined;
      decimal?: '.' | ',' | undefined;
    };
    readonly result: {
      rows: number;
      total: number | string;
      groups: number;
      top: { name: string; rows: number; total: number | string }[];
      others: { groups: number; rows: number; total: number | string };
      skipped: { empty: number; notAvailable: number };
      converted: { thousands: number; currency: number; parentheses: number; percent: number };
      mergedNames: number;
      encoding: TextEncoding;
      delimiter: string;
      tolerated: Tolerated;
      output: string;
      bytes: number;
      sha256: string;
    };
  };
};

type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'latin1';
type Delimiter = ',' | ';' | '\t' | '|';
type Tolerated = { blankLines: number; looseQuotes: number; emptyLastFields: number; endMarks: number };

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };
