/** A page of the documentation, as its checks read it: blocks with the comment before them, links, headings, code in sentences. */
import { anchorOf } from '../../bench/support/glance.ts';
import { lexer, walkTokens, type Token, type Tokens } from 'marked';

export interface Block {
  readonly language: string;
  readonly text: string;
  /** The HTML comment right before the block, such as `run by: test/runbook.test.ts`. */
  readonly mark: string | undefined;
}

export interface Page {
  /** From the project's top folder, such as `docs/states.md`. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Targets as they are written: `states.md#a-heading`, `https://…`. */
  readonly links: readonly string[];
  /** What a link may name behind `#`. */
  readonly anchors: readonly string[];
  /** Code in sentences and tables. */
  readonly codes: readonly string[];
}

export function readPage(path: string, text: string): Page {
  const tokens = lexer(text);
  const links: string[] = [];
  const headings: string[] = [];
  const codes: string[] = [];
  void walkTokens(tokens, (token) => {
    if (token.type === 'link' || token.type === 'image') links.push(String(token['href']));
    if (token.type === 'heading') headings.push(String(token['text']));
    if (token.type === 'codespan') codes.push(String(token['text']));
  });
  return { path, text, blocks: blocksOf(tokens), links, anchors: anchorsOf(headings), codes };
}

function blocksOf(tokens: readonly Token[]): readonly Block[] {
  const written = tokens.filter(({ type }) => type !== 'space');
  return written.flatMap((token, index) => {
    if (token.type === 'code')
      return [{ language: String(token['lang'] ?? ''), text: String(token['text']), mark: commentOf(written[index - 1]) }];
    return isList(token) ? token.items.flatMap((item) => blocksOf(item.tokens)) : [];
  });
}

function isList(token: Token): token is Tokens.List {
  return token.type === 'list';
}

function commentOf(token: Token | undefined): string | undefined {
  return token?.type === 'html' ? /<!-- (.*) -->\s*$/.exec(token.raw)?.[1] : undefined;
}

/** As GitHub makes them: lower case, no punctuation, hyphens for spaces; the second of one name gets `-1`. */
function anchorsOf(headings: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return headings.map((heading) => {
    const anchor = anchorOf(heading);
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}
