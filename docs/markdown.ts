/** How the generated pages are written. */

export function document(title: string, intro: string, lines: readonly string[]): string {
  return `# ${title}\n\n${intro}\n\n${lines.join('\n').trim()}\n`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}
