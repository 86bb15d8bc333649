/** Counts pages and words of a text that arrives in pieces, and keeps its beginning. */

export interface TextMeasures {
  /** Form feeds separate pages; a text without pieces has no pages. */
  readonly pages: number;
  /** Runs of characters other than white space, as `wc -w` counts them. */
  readonly words: number;
  /** The first `maxTextLength` characters. */
  readonly text: string;
  readonly textTruncated: boolean;
}

export interface TextMeter {
  add(piece: string): void;
  measures(): TextMeasures;
}

/** In UTF-16 code units; small enough for the record. */
export const maxTextLength = 10_000;

export function createTextMeter(): TextMeter {
  let length = 0;
  let pages = 0;
  let words = 0;
  let isInWord = false;
  let text = '';
  return {
    add(piece) {
      // An empty piece is the text of a blank page.
      pages = Math.max(1, pages) + piece.split('\f').length - 1;
      words += piece.match(/\S+/g)?.length ?? 0;
      // A word cut in two by the pieces was counted twice.
      if (isInWord && /^\S/.test(piece)) words -= 1;
      if (piece !== '') isInWord = /\S$/.test(piece);
      length += piece.length;
      text += piece.slice(0, maxTextLength - text.length);
    },
    measures() {
      // The cut may have split a pair of surrogates.
      const isCutInPair = length > text.length && /[\uD800-\uDBFF]$/.test(text);
      return {
        pages,
        words,
        text: isCutInPair ? text.slice(0, -1) : text,
        textTruncated: length > text.length,
      };
    },
  };
}
