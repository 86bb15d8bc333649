/** Which of the possible media types of an answer the client prefers (RFC 9110, 12.5.1). */

export const singleTypes = ['application/json', 'application/graphql-response+json'] as const;
export const streamTypes = ['text/event-stream', 'multipart/mixed'] as const;
export type SingleType = (typeof singleTypes)[number];
export type StreamType = (typeof streamTypes)[number];

export interface Accepted {
  /** For a single answer; `undefined`: only as a stream. */
  readonly single: SingleType | undefined;
  /** For a subscription; `undefined`: the client accepts none. */
  readonly stream: StreamType | undefined;
}

/** Clients of one kind send the same header each time; strangers may send any. */
const known = new Map<string, Accepted>();
const maxKnown = 100;

/** Without a header, or with a wildcard, the first of each kind. */
export function acceptedOf(header = '*/*'): Accepted {
  const before = known.get(header);
  if (before !== undefined) return before;
  const ranges = rangesOf(header);
  const accepted = { single: best(singleTypes, ranges), stream: best(streamTypes, ranges) };
  if (known.size === maxKnown) known.clear();
  known.set(header, accepted);
  return accepted;
}

interface Range {
  readonly type: string;
  readonly quality: number;
  readonly index: number;
}

function rangesOf(header: string): readonly Range[] {
  return header.split(',').flatMap((part, index) => {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const charset = parameters.find((parameter) => parameter.startsWith('charset='));
    // Answers are in UTF-8; no other charset is available.
    if (type === '' || (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset))) return [];
    const quality = Number(/^q=([\d.]+)$/.exec(parameters.find((parameter) => parameter.startsWith('q=')) ?? 'q=1')?.[1] ?? 1);
    return [{ type, quality, index }];
  });
}

/** At equal quality: a type that is named explicitly, then the one named first, then the first available. */
function best<Type extends string>(types: readonly Type[], ranges: readonly Range[]): Type | undefined {
  const rated = types.flatMap((type) => {
    const range = rangeFor(type, ranges);
    return range === undefined || range.quality === 0 ? [] : [{ type, range }];
  });
  const rank = ({ range }: (typeof rated)[number]): number => (range.type.includes('*') ? 1 : 0);
  return rated.toSorted((a, b) => b.range.quality - a.range.quality || rank(a) - rank(b) || a.range.index - b.range.index)[0]?.type;
}

/** The most specific range decides. */
function rangeFor(type: string, ranges: readonly Range[]): Range | undefined {
  const [group] = type.split('/', 1);
  const named = [type, `${group}/*`, '*/*'];
  return named.map((name) => ranges.find((range) => range.type === name)).find((range) => range !== undefined);
}
