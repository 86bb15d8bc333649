/** Remembers parsed documents, and what is compiled from them: an operation that comes again is parsed, validated and compiled once. */

/** Documents of clients are few; strangers may send any number, and a parsed one of 2,000 tokens takes half a megabyte. */
const maxDocuments = 100;

export interface DocumentCache<Value> {
  get(text: string): Value | undefined;
  set(text: string, value: Value): void;
}

/** The least recently used goes first. */
export function createDocumentCache<Value>(): DocumentCache<Value> {
  const documents = new Map<string, Value>();
  return {
    get(text) {
      const document = documents.get(text);
      if (document === undefined) return undefined;
      documents.delete(text);
      documents.set(text, document);
      return document;
    },
    set(text, document) {
      documents.set(text, document);
      const [oldest] = documents.keys();
      if (documents.size > maxDocuments && oldest !== undefined) documents.delete(oldest);
    },
  };
}
