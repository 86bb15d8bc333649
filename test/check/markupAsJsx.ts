/**
 * Writes a module's `html` templates as JSX, line by line where they stand, so that the compiler checks what it takes for mere
 * text: elements, attributes, handlers, and the props of components. It knows of JavaScript what tells a template's end:
 * strings, comments, braces; no pattern between slashes with a quote in it.
 */

export function markupAsJsx(source: string): string {
  let at = 0;
  let jsx = '';

  const take = (length: number): void => {
    jsx += source.slice(at, at + length);
    at += length;
  };
  const replace = (length: number, by: string): void => {
    jsx += by;
    at += length;
  };
  const match = (pattern: RegExp): string | undefined => {
    const sticky = new RegExp(pattern, 'y');
    sticky.lastIndex = at;
    return sticky.exec(source)?.[0];
  };

  /** Up to the brace that closes it, or the end. */
  function code(): void {
    for (let depth = 0; at < source.length;) {
      const skipped = match(/'(\\.|[^'\\])*'|"(\\.|[^"\\])*"|\/\/.*|\/\*[^]*?\*\//);
      if (skipped !== undefined) take(skipped.length);
      else if (match(/\bhtml`/) !== undefined) markup();
      else if (source[at] === '`') text();
      else if (source[at] === '}' && depth === 0) return;
      else {
        if (source[at] === '{') depth += 1;
        if (source[at] === '}') depth -= 1;
        take(1);
      }
    }
  }

  function text(): void {
    for (take(1); source[at] !== '`';) {
      if (match(/\\/) !== undefined) take(2);
      else if (match(/\$\{/) !== undefined) slot(2, '${');
      else take(1);
    }
    take(1);
  }

  function markup(): void {
    /** Components that `<//>` will close. */
    const open: string[] = [];
    let tag = '';
    for (replace(5, '(<>'); source[at] !== '`';) {
      const component = match(/<\$\{\w+\}/);
      const element = match(/<\w+/);
      if (component !== undefined) replace(component.length, `<${(tag = component.slice(3, -1))}`);
      else if (element !== undefined) take(element.length);
      else if (match(/<\/\/>/) !== undefined) replace(4, `</${open.pop()}>`);
      else if (match(/\.\.\.\$\{/) !== undefined) slot(5, '{...');
      else if (match(/\$\{/) !== undefined) slot(2, '{');
      else if (match(/\/?>/) === '>') {
        if (tag !== '') open.push(tag);
        tag = '';
        take(1);
      } else if (match(/\/>/) !== undefined) {
        tag = '';
        take(2);
      } else take(1);
    }
    replace(1, '</>)');
  }

  function slot(length: number, by: string): void {
    replace(length, by);
    code();
    take(1);
  }

  code();
  return jsx;
}
