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
       * Fail so that no further attempt is made.
       */
      failPermanently?: boolean
      /**
       * Progress reports, spread over the duration.
       */
      steps?: number
      /**
       * Returned in the result.
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
       * The document, a PDF or a text.
       */
      source: string
      /**
       * Where to write the whole text, in UTF-8.
       */
      output?: string
      /**
       * The encoding of the source. If absent, it is guessed, but only UTF-8 and UTF-16.
       */
      encoding?: ("utf-8" | "utf-16le" | "utf-16be" | "windows-1252" | "latin1")
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
      /**
       * Of a text: the encoding, given or guessed.
       */
      encoding?: ("utf-8" | "utf-16le" | "utf-16be" | "windows-1252" | "latin1")
      /**
       * Of a PDF: damage that could be ignored, as viewers do; at most 20 messages.
       */
      damage: string[]
      output?: string
    }
  }
  transform_data: {
    params: {
      source: string
      output: string
      /**
       * The format to write; the source has the other one.
       */
      to: ("jsonl" | "csv")
      /**
       * The encoding of the source. If absent, it is guessed, but only UTF-8 and UTF-16.
       */
      encoding?: ("utf-8" | "utf-16le" | "utf-16be" | "windows-1252" | "latin1")
      /**
       * The delimiter of the CSV: guessed when CSV is read, a comma when it is written.
       */
      delimiter?: ("," | ";" | "\t" | "|")
      /**
       * Whether the first row contains the names of the columns; if not, they are column_1, column_2, …
       */
      headers?: boolean
      /**
       * Whether text that a spreadsheet would run (=…, @…, +…, -…, but not plain numbers) gets an apostrophe in front when CSV is written.
       */
      formulas?: ("escape" | "keep")
    }
    result: {
      rows: number
      encoding: ("utf-8" | "utf-16le" | "utf-16be" | "windows-1252" | "latin1")
      delimiter: string
      tolerated: {
        blankLines: number
        /**
         * Cells with a quote that does not enclose them, or with spaces around their quotes.
         */
        looseQuotes: number
        /**
         * Rows with empty fields after the last column.
         */
        emptyLastFields: number
        /**
         * Ctrl-Z characters at the end.
         */
        endMarks: number
      }
      /**
       * Cells written to CSV with an apostrophe in front.
       */
      escapedFormulas: number
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
      /**
       * The encoding of the source. If absent, it is guessed, but only UTF-8 and UTF-16.
       */
      encoding?: ("utf-8" | "utf-16le" | "utf-16be" | "windows-1252" | "latin1")
      /**
       * If absent, it is guessed.
       */
      delimiter?: ("," | ";" | "\t" | "|")
      /**
       * Whether the first row contains the names of the columns; if not, they are column_1, column_2, …
       */
      headers?: boolean
      /**
       * The decimal separator of numbers.
       */
      decimal?: ("." | ",")
    }
    result: {
      rows: number
      /**
       * Exact: a string where a JSON number could not represent it.
       */
      total: (number | string)
      groups: number
      /**
       * The groups that the chart shows, by absolute total.
       */
      top: {
        name: string
        rows: number
        /**
         * Exact: a string where a JSON number could not represent it.
         */
        total: (number | string)
      }[]
      /**
       * The sum of the groups that are not in `top`.
       */
      others: {
        groups: number
        rows: number
        /**
         * Exact: a string where a JSON number could not represent it.
         */
        total: (number | string)
      }
      /**
       * Cells that add nothing: empty ones, and NA, null, - and the like.
       */
      skipped: {
        empty: number
        notAvailable: number
      }
      /**
       * Cells read as amounts although they are not plain numbers: 1,234; $12.50; (12.5); 12%.
       */
      converted: {
        thousands: number
        currency: number
        parentheses: number
        percent: number
      }
      /**
       * Spellings of a group’s name that look the same as its first one.
       */
      mergedNames: number
      encoding: ("utf-8" | "utf-16le" | "utf-16be" | "windows-1252" | "latin1")
      delimiter: string
      tolerated: {
        blankLines: number
        /**
         * Cells with a quote that does not enclose them, or with spaces around their quotes.
         */
        looseQuotes: number
        /**
         * Rows with empty fields after the last column.
         */
        emptyLastFields: number
        /**
         * Ctrl-Z characters at the end.
         */
        endMarks: number
      }
      output: string
      bytes: number
      sha256: string
    }
  }
}
