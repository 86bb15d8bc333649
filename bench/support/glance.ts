/** The table at the top of docs/performance.md: for each section its first promise, and how many of its promises hold. */

const promise = /^- (?<verdict>Holds|\*\*Does not hold\*\*): (?<what>.+): (?<measured>[\d.,]+)$/gm;

/** @param sections The page's sections, by the name of their bench. */
export function glance(sections: ReadonlyMap<string, string>): string {
  const rows = [...sections].map(([name, text]) => {
    const title = /^## (.*)$/m.exec(text)?.[1] ?? name;
    const promises = [...text.matchAll(promise)].map(({ groups }) => groups ?? {});
    const held = promises.filter(({ verdict }) => verdict === 'Holds').length;
    const { what = '–', measured = '–' } = promises[0] ?? {};
    return `| [${title}](#${anchorOf(title)}) | ${what} | ${measured} | ${held} of ${promises.length} | \`npm run bench -- ${name}\` |`;
  });
  return ['| section | first promise | measured | promises that hold | command |', '|---|---|--:|--:|---|', ...rows].join('\n');
}

/** As GitHub makes it. */
export function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}
