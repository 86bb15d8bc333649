/** The text of a PDF's page, assembled from the pieces in which it is drawn. */

/** A piece, as pdf.js gives it. */
export interface TextPiece {
  readonly str: string;
  readonly dir: string;
  /** [a b c d x y]: (a, b) is the direction of the line, (c, d) as long as the font is large. */
  readonly transform: readonly unknown[];
  /** Along the line. */
  readonly width: number;
  readonly hasEOL: boolean;
  readonly fontName: string;
}

interface Placed {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly along: readonly [number, number];
  readonly size: number;
  readonly width: number;
  readonly isRightToLeft: boolean;
  readonly isVertical: boolean;
}

/** In font sizes: a larger gap is a space (poppler's own bound), a larger step across is another line. */
const [wordGap, lineGap] = [0.1, 0.5];
/** How far apart the copies of a text are drawn that make it look bold. */
const overprint = 0.15;

/**
 * In the order in which it is drawn, which is the reading order in almost all files. Pieces that are apart are separate words,
 * and repeated pieces count once.
 */
export function pageText(pieces: readonly TextPiece[], isVertical: (fontName: string) => boolean): string {
  const drawn = new Map<string, Placed[]>();
  let tail: readonly Character[] = [];
  let before: Placed | undefined;
  let text = '';
  for (const piece of pieces) {
    const placed = place(piece, isVertical(piece.fontName));
    const isSpace = placed.text.trim() === '';
    const fresh = isSpace ? placed.text : isDrawnAgain(placed, drawn) ? '' : beyondTail(placed, tail);
    if (fresh !== '') {
      const isWhole = fresh.length === placed.text.length;
      if (isWhole && before !== undefined && !/\s$/.test(text) && !/^\s/.test(fresh)) text += between(before, placed);
      text += fresh;
      before = placed;
      if (!isSpace) tail = [...tail, ...charactersOf(placed).slice(-fresh.length)].slice(-maxTail);
    }
    if (piece.hasEOL) text += '\n';
  }
  // A word that is divided at a line's end is one word.
  return text.replaceAll(/(\p{L})[-\u00ad\u2010]\n(?=\p{Ll})/gu, '$1');
}

function place({ str, dir, transform, width }: TextPiece, isVertical: boolean): Placed {
  const [a = 1, b = 0, c = 0, d = 1, x = 0, y = 0] = transform.map(Number);
  const length = Math.hypot(a, b) || 1;
  const size = Math.hypot(c, d) || 1;
  return { text: str, x, y, along: [a / length, b / length], size, width, isRightToLeft: dir === 'rtl', isVertical };
}

/** The text between two pieces that have no white space of their own. */
function between(before: Placed, after: Placed): '' | ' ' | '\n' {
  const [ux, uy] = before.along;
  const size = Math.max(before.size, after.size);
  const [dx, dy] = [after.x - before.x, after.y - before.y];
  if (before.isVertical) return Math.abs(dx) > lineGap * size ? '\n' : '';
  if (ux * after.along[0] + uy * after.along[1] < 0.9) return '\n';
  if (Math.abs(dy * ux - dx * uy) > lineGap * size) return '\n';
  const step = dx * ux + dy * uy;
  const gap = before.isRightToLeft && after.isRightToLeft ? -(step + after.width) : step - before.width;
  return gap > wordGap * size || gap < -lineGap * size ? ' ' : '';
}

/** No more copies of one text are compared: a page of a million equal pieces must be fast too. */
const maxRemembered = 8;

/** Records the piece, unless the same one was drawn here before, as bold text or a shadow is. */
function isDrawnAgain(placed: Placed, drawn: Map<string, Placed[]>): boolean {
  const same = drawn.get(placed.text) ?? [];
  if (same.some(({ x, y }) => Math.hypot(x - placed.x, y - placed.y) < overprint * placed.size)) return true;
  drawn.set(placed.text, [...same, placed].slice(-maxRemembered));
  return false;
}

interface Character {
  readonly character: string;
  readonly x: number;
  readonly y: number;
}

/** The number of last drawn characters with which a piece is compared. */
const maxTail = 32;

function charactersOf({ text, x, y, width }: Placed): readonly Character[] {
  const from = Math.max(0, text.length - maxTail);
  return Array.from({ length: text.length - from }, (_, index) => ({
    character: text[from + index] ?? '',
    x: x + (width * (from + index)) / text.length,
    y,
  }));
}

/** Bold text drawn letter by letter: the part of a horizontal piece that does not repeat the last characters, which are its first. */
function beyondTail(placed: Placed, tail: readonly Character[]): string {
  if (placed.along[1] !== 0) return placed.text;
  for (let index = Math.max(0, tail.length - placed.text.length); index < tail.length; index += 1) {
    const { x = 0, y = 0 } = tail[index] ?? {};
    if (Math.abs(x - placed.x) > overprint * placed.size || Math.abs(y - placed.y) > overprint * placed.size) continue;
    const over = tail.slice(index).map(({ character }) => character);
    if (placed.text.startsWith(over.join(''))) return placed.text.slice(over.length);
  }
  return placed.text;
}
