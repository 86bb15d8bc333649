/** The report as one HTML page that loads nothing: a chart, a table of totals, and what was skipped. */
import { chartHtml, chartStyles } from './chart.ts';
import type { Decimal } from './decimal.ts';
import type { Group } from './groups.ts';
import { amountHtml, countHtml, escapeHtml, isolated } from './html.ts';
import type { Counts } from './tally.ts';

export interface Report extends Counts {
  readonly title: string;
  readonly source: string;
  readonly groupBy: string;
  readonly value: string;
  readonly rows: number;
  readonly total: Decimal;
  /** By absolute total, largest first. */
  readonly groups: readonly Group[];
  /** The first of the groups, which the chart shows, and the sum of the others. */
  readonly top: readonly Group[];
  readonly others: { readonly groups: number; readonly total: Decimal };
  readonly mergedNames: number;
  readonly currency: string | undefined;
}

/** The same report gives the same bytes: a retry writes what the first attempt wrote. */
export function renderReport(report: Report): string {
  const { title, source, groupBy, value, rows, total, groups, top, others, currency } = report;
  const unit = currency === undefined ? '' : ` (${escapeHtml(currency)})`;
  const lines = groups.map(
    (group) => `<tr><th scope="row">${isolated(group.name)}</th><td>${countHtml(group.rows)}</td><td>${amountHtml(group.total)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${styles}${chartStyles}</style>
</head>
<body>
<main>
<h1>${isolated(title)}</h1>
<p>${countHtml(rows)} rows of <code>${isolated(source)}</code>: <strong>${amountHtml(total)}</strong> ${isolated(value)}${unit} in ${countHtml(groups.length)} groups.</p>
${notes(report)}
${chartHtml({ groupBy, value, groups: groups.length, top, others })}
<div class="scroll">
<table>
<caption>Total of ${isolated(value)} by ${isolated(groupBy)}</caption>
<thead><tr><th scope="col">${isolated(groupBy)}</th><th scope="col">Rows</th><th scope="col">${isolated(value)}${unit}</th></tr></thead>
<tbody>
${lines.join('\n')}
</tbody>
<tfoot><tr><th scope="row">Total</th><td>${countHtml(rows)}</td><td>${amountHtml(total)}</td></tr></tfoot>
</table>
</div>
</main>
</body>
</html>
`;
}

/** Notes on cells that the totals do not show. */
function notes({ skipped, converted, mergedNames }: Report): string {
  const sentences = [
    [skipped.empty, 'empty cells add nothing'],
    [skipped.notAvailable, 'cells that say “not available” (NA, null, –) add nothing'],
    [converted.thousands, 'numbers were written in groups of thousands'],
    [converted.currency, 'amounts had a currency sign'],
    [converted.parentheses, 'amounts in parentheses are negative'],
    [converted.percent, 'percentages count as hundredths'],
    [mergedNames, 'spellings of group names that look like another are counted with it'],
  ] as const;
  const items = sentences.filter(([count]) => count > 0).map(([count, text]) => `<li>${countHtml(count)} ${text}</li>`);
  return items.length === 0 ? '' : `<ul>\n${items.join('\n')}\n</ul>`;
}

const styles = `
:root { color-scheme: light dark; --ink: #1c2024; --paper: #ffffff; --line: #c8cdd3; --bar: #1f6feb; --loss: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --paper: #14171a; --line: #454c54; --bar: #6cb2ff; --loss: #ff8a80; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 50rem; margin: 0 auto; padding: 2rem 1rem; }
h1, p, th, code { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: start; font-weight: 600; padding: 0.5rem 0; }
tbody th { min-width: 8rem; }
th, td { padding: 0.4rem 0.6rem; border-bottom: 1px solid var(--line); text-align: start; }
td, thead th:not(:first-child) { text-align: end; font-variant-numeric: tabular-nums; }
tfoot { font-weight: 600; }
`;
