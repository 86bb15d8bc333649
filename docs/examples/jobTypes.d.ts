/** Written by `job-tickets types`: params and results of the job types, by their names. */
export interface JobTypes {
  simulate_work: {
    params: {
      /**
       * How long each attempt works, in milliseconds.
       */
      durationMs?: number
      /**
       * This many attempts fail before one succeeds.
       */
      failAttempts?: number
      /**
       * Fail in a way that no further attempt can mend.
       */
      failPermanently?: boolean
      /**
       * Progress reports, spread over the duration.
       */
      steps?: number
      /**
       * Given back in the result.
       */
      payload?: unknown
    }
    result: {
      attempts: number
      sleptMs: number
      payload?: unknown
    }
  }
  process_document: {
    params: {
      /**
       * The document, a PDF or UTF-8 text.
       */
      source: string
      /**
       * Where to write the whole text.
       */
      output?: string
    }
    result: {
      kind: ("pdf" | "text")
      pages: number
      words: number
      bytes: number
      sha256: string
      /**
       * The first 10,000 characters.
       */
      text: string
      textTruncated: boolean
      output?: string
    }
  }
  transform_data: {
    params: {
      source: string
      output: string
      /**
       * The format to write; the source is of the other one.
       */
      to: ("jsonl" | "csv")
    }
    result: {
      rows: number
      output: string
      bytes: number
      sha256: string
    }
  }
  generate_report: {
    params: {
      source: string
      output: string
      title?: string
      /**
       * The column whose values become the bars of the chart.
       */
      groupBy: string
      /**
       * The numeric column that is summed.
       */
      value: string
    }
    result: {
      rows: number
      total: number
      groups: number
      output: string
      bytes: number
      sha256: string
    }
  }
}
