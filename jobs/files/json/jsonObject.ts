/** Reads one JSON object as fields and cells, more strictly than JSON.parse: each field once, each string well-formed. */

/** What is wrong with it: the place, as a JSONPath, and the problem. */
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
 * A reader that is used for one line after the other. The cell of a string is its text, that of null is empty. Any other value
 * is a cell of JSON without white space, and numbers stay as they were written: 12345678901234567890 and 1.50 are unchanged.
 */
export interface JsonObjectReader {
  /** @throws {JsonFault} for text that is not JSON, is not an object, or contains what a table cannot hold. */
  fields(text: string): Fields;
  /** The cells of an object with exactly these fields, in this order and without white space; else undefined. */
  cells(text: string, leads: readonly string[]): readonly string[] | undefined;
}

/** The text before each value in an object with these fields: `{"a":`, `,"b":`, … */
export function leadsOf(names: readonly string[]): readonly string[] {
  return names.map((name, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
}

export function createJsonObjectReader(): JsonObjectReader {
  let text = '';
  let at = 0;
  let path: (string | number)[] = [];
  return {
    fields(line) {
      [text, at, path] = [line, 0, []];
      skipSpace();
      if (text[at] !== '{') {
        value(0);
        throw new JsonFault('is not a JSON object', '$');
      }
      const fields = new Map<string, string>();
      object(0, (name, content) => void fields.set(name, content));
      skipSpace();
      if (at < text.length) throw unexpected();
      return fields;
    },
    cells(line, leads) {
      [text, at, path] = [line, 0, []];
      const cells: string[] = [];
      try {
        for (const lead of leads) {
          if (!text.startsWith(lead, at)) return undefined;
          at += lead.length;
          cells.push(cell());
        }
      } catch (error) {
        // Reported with its path when the line is read again, field by field.
        if (error instanceof JsonFault) return undefined;
        throw error;
      }
      return text[at] === '}' && at + 1 === text.length ? cells : undefined;
    },
  };

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

/** `$.address.lines[0]`, with `$["a b"]` for names that are not identifiers. */
function pathText(path: readonly (string | number)[]): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[A-Za-z_]\w*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  });
  const text = `$${steps.join('')}`;
  return text.length > 200 ? `${text.slice(0, 200).toWellFormed()}…` : text;
}
