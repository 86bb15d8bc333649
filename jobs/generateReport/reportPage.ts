/** The report as one HTML page that loads nothing: a table of totals and a bar chart in SVG. */

export interface ReportGroup {
  readonly name: string;
  readonly rows: number;
  readonly total: number;
}

export interface Report {
  readonly title: string;
  readonly source: string;
  readonly groupBy: string;
  readonly value: string;
  readonly rows: number;
  readonly total: number;
  /** Largest first; the first `maxBars` are drawn. */
  readonly groups: readonly ReportGroup[];
}

const maxBars = 20;
const maxLabelLength = 24;

/** The same report gives the same bytes: a retry writes what the first attempt wrote. */
export function renderReport(report: Report): string {
  const title = escapeHtml(report.title);
  const groupBy = escapeHtml(report.groupBy);
  const value = escapeHtml(report.value);
  const rows = report.groups.map(
    ({ name, rows: count, total }) =>
      `<tr><th scope="row">${escapeHtml(name)}</th><td>${formatted(count)}</td><td>${formatted(total)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${styles}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${formatted(report.rows)} rows of <code>${escapeHtml(report.source)}</code>: <strong>${formatted(report.total)}</strong> ${value} in ${formatted(report.groups.length)} groups.</p>
${chart(report)}
<div class="table">
<table>
<caption>Total of ${value} by ${groupBy}</caption>
<thead><tr><th scope="col">${groupBy}</th><th scope="col">Rows</th><th scope="col">${value}</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
<tfoot><tr><th scope="row">Total</th><td>${formatted(report.rows)}</td><td>${formatted(report.total)}</td></tr></tfoot>
</table>
</div>
</main>
</body>
</html>
`;
}

/** For text and for quoted attributes. */
function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

const styles = `
:root { color-scheme: light dark; --ink: #1c2024; --paper: #ffffff; --line: #c8cdd3; --bar: #1f6feb; --loss: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --paper: #14171a; --line: #454c54; --bar: #6cb2ff; --loss: #ff8a80; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 50rem; margin: 0 auto; padding: 2rem 1rem; }
h1, th, code { overflow-wrap: anywhere; }
svg { width: 100%; height: auto; }
svg text { fill: var(--ink); font-size: 13px; }
svg line { stroke: var(--line); }
.gain { fill: var(--bar); }
.loss { fill: var(--loss); }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: start; font-weight: 600; padding: 0.5rem 0; }
th, td { padding: 0.4rem 0.6rem; border-bottom: 1px solid var(--line); text-align: start; }
td, thead th:not(:first-child) { text-align: end; font-variant-numeric: tabular-nums; }
tfoot { font-weight: 600; }
`;

/** Bars start at zero, wherever that lies: negative totals go to its left. */
function chart({ groups, groupBy, value }: Report): string {
  const shown = groups.slice(0, maxBars);
  if (shown.length === 0) return '';
  const [labels, plot, numbers, rowHeight] = [180, 480, 120, 28];
  const lowest = Math.min(0, ...shown.map(({ total }) => total));
  const highest = Math.max(0, ...shown.map(({ total }) => total));
  // Shares first: highest − lowest may be more than a number can hold.
  const scale = Math.max(highest, -lowest) || 1;
  const span = highest / scale - lowest / scale || 1;
  const x = (total: number) => labels + (plot * (total / scale - lowest / scale)) / span;
  const bars = shown.map(({ name, total }, index) => {
    const y = index * rowHeight;
    const width = Math.abs(x(total) - x(0));
    return `<g><title>${escapeHtml(name)}: ${formatted(total)}</title><text x="${labels - 8}" y="${y + 19}" text-anchor="end">${escapeHtml(shortened(name))}</text><rect class="${total < 0 ? 'loss' : 'gain'}" x="${Math.min(x(0), x(total)).toFixed(1)}" y="${y + 5}" width="${width.toFixed(1)}" height="${rowHeight - 8}" rx="2"/><text x="${labels + plot + 8}" y="${y + 19}">${formatted(total)}</text></g>`;
  });
  const height = shown.length * rowHeight;
  const which =
    groups.length > maxBars ? `the ${maxBars} largest of ${formatted(groups.length)} groups` : `all ${formatted(groups.length)} groups`;
  return `<svg role="img" aria-labelledby="chart-title chart-text" viewBox="0 0 ${labels + plot + numbers} ${height}">
<title id="chart-title">${escapeHtml(value)} by ${escapeHtml(groupBy)}</title>
<desc id="chart-text">A bar chart of ${which}; the table below has the numbers.</desc>
${bars.join('\n')}
<line x1="${x(0).toFixed(1)}" y1="0" x2="${x(0).toFixed(1)}" y2="${height}"/>
</svg>`;
}

function shortened(name: string): string {
  const characters = Array.from(name);
  return characters.length > maxLabelLength ? `${characters.slice(0, maxLabelLength - 1).join('')}…` : name;
}

const numberFormat = new Intl.NumberFormat('en', { maximumFractionDigits: 6 });

function formatted(number: number): string {
  const isPlain = number === 0 || (Math.abs(number) >= 1e-6 && Math.abs(number) < 1e15);
  return isPlain ? numberFormat.format(number) : number.toPrecision(6);
}
