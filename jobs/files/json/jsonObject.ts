/** One JSON object as fields and cells, stricter than JSON.parse: each field once, each string well-formed. */

/** What is wrong with it: where, as a JSONPath, and what. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
  readonly path: string;
  /** The text ends in the middle of a value. */
  readonly isCutOff: boolean;

  constructor(problem: string, path: string, isCutOff = false) {
    super(problem);
    this.path = path;
    this.isCutOff = isCutOff;
  }
}

/** In the order of the text. */
export type Fields = ReadonlyMap<string, string>;

const maxDepth = 200;
const numberText = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const needsParsing = /[\\\p{Cc}]/u;

/**
 * A string is its cell, null is an empty one, all else is a cell of JSON without its white space, numbers as they were
 * written: 12345678901234567890 and 1.50 stay what they are.
 *
 * @throws {JsonFault} for what is not JSON, not an object, or has what a table cannot hold.
 */
export function readJsonObject(text: string): Fields {
  let at = 0;
  const path: (string | number)[] = [];
  skipSpace();
  if (text[at] !== '{') {
    value(0);
    throw new JsonFault('is not a JSON object', '$');
  }
  const fields = new Map<string, string>();
  object(0, (name, cell) => void fields.set(name, cell));
  skipSpace();
  if (at < text.length) throw unexpected();
  return fields;

  function object(depth: number, field: (name: string, cell: string) => void): void {
    if (depth > maxDepth) throw fault(`is nested deeper than ${maxDepth}`);
    const names = new Set<string>();
    at += 1;
    skipSpace();
    if (take('}')) return;
    do {
      skipSpace();
      if (text[at] !== '"') throw unexpected();
      const name = string();
      path.push(name);
      if (names.has(name)) throw fault('stands there twice');
      names.add(name);
      skipSpace();
      if (!take(':')) throw unexpected();
      skipSpace();
      field(name, depth === 0 ? cell() : value(depth + 1));
      path.pop();
      skipSpace();
    } while (take(','));
    if (!take('}')) throw unexpected();
  }

  function cell(): string {
    if (text[at] === '"') return string();
    const json = value(1);
    return json === 'null' ? '' : json;
  }

  /** As compact JSON. */
  function value(depth: number): string {
    const first = text[at];
    if (first === '"') return JSON.stringify(string());
    if (first === '[') return array(depth);
    if (first !== '{') return number() ?? literal();
    let json = '';
    object(depth, (name, content) => (json += `${json === '' ? '' : ','}${JSON.stringify(name)}:${content}`));
    return `{${json}}`;
  }

  function array(depth: number): string {
    if (depth > maxDepth) throw fault(`is nested deeper than ${maxDepth}`);
    const items: string[] = [];
    at += 1;
    skipSpace();
    if (take(']')) return '[]';
    do {
      skipSpace();
      path.push(items.length);
      items.push(value(depth + 1));
      path.pop();
      skipSpace();
    } while (take(','));
    if (!take(']')) throw unexpected();
    return `[${items.join(',')}]`;
  }

  function number(): string | undefined {
    numberText.lastIndex = at;
    const [digits] = numberText.exec(text) ?? [];
    if (digits !== undefined) at += digits.length;
    return digits;
  }

  function literal(): string {
    for (const word of ['true', 'false', 'null']) {
      if (!text.startsWith(word, at)) continue;
      at += word.length;
      return word;
    }
    throw unexpected();
  }

  function string(): string {
    let end = text.indexOf('"', at + 1);
    while (end !== -1 && isEscaped(end)) end = text.indexOf('"', end + 1);
    if (end === -1) throw fault('has a string that does not end', true);
    const raw = text.slice(at + 1, end);
    const content = needsParsing.test(raw) ? parsed(text.slice(at, end + 1)) : raw;
    if (!content.isWellFormed()) throw fault('holds half a surrogate pair, which is no character');
    if (content.includes('\0')) throw fault('holds a NUL character, which no text holds');
    at = end + 1;
    return content;
  }

  function isEscaped(index: number): boolean {
    let backslashes = 0;
    while (text[index - 1 - backslashes] === '\\') backslashes += 1;
    return backslashes % 2 === 1;
  }

  function parsed(json: string): string {
    try {
      return String(JSON.parse(json));
    } catch {
      throw fault('has a string with a control character or an unknown escape');
    }
  }

  function take(character: string): boolean {
    if (text[at] !== character) return false;
    at += 1;
    return true;
  }

  function skipSpace(): void {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return;
      at += 1;
    }
  }

  function unexpected(): JsonFault {
    if (at >= text.length) return fault('ends too early', true);
    return fault(`has ${JSON.stringify(text[at])} at character ${at + 1}, where JSON has none`);
  }

  function fault(problem: string, isCutOff = false): JsonFault {
    return new JsonFault(problem, pathText(path), isCutOff);
  }
}

/** `$.address.lines[0]`, with `$["a b"]` for names that are no words. */
function pathText(path: readonly (string | number)[]): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[A-Za-z_]\w*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  });
  const text = `$${steps.join('')}`;
  return text.length > 200 ? `${text.slice(0, 200).toWellFormed()}…` : text;
}
