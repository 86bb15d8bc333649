/** The jobs on files compared with the usual tools: Python's csv, Miller, poppler's pdftotext. */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { z } from 'zod';
import { generateReport } from '../jobs/generateReport/type.ts';
import { processDocument } from '../jobs/processDocument/type.ts';
import { transformData } from '../jobs/transformData/type.ts';
import type { Report } from './support/report.ts';
import { median } from './support/statistics.ts';
import { wordAgreement } from './support/wordAgreement.ts';

const run = promisify(execFile);
const rows = 1_000_000;
const rounds = 3;
const project = join(import.meta.dirname, '..');

/** Adds the time that it took to the command's own output. */
const measuring = `
import json, resource, subprocess, sys, time
start = time.time()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"seconds": time.time() - start, "cpu": used.ru_utime + used.ru_stime, "peakMb": used.ru_maxrss / 1024}))
sys.exit(code)
`;
const costSchema = z.object({ seconds: z.number(), cpu: z.number(), peakMb: z.number() });

const python = {
  toJsonLines: `
import csv, json
with open("big.csv", newline="", encoding="utf-8") as source, open("python.jsonl", "w", encoding="utf-8") as target:
    rows = csv.reader(source); names = next(rows)
    for row in rows: target.write(json.dumps(dict(zip(names, row)), ensure_ascii=False, separators=(",", ":")) + "\\n")
`,
  toCsv: `
import csv, json
with open("big.jsonl", encoding="utf-8") as source, open("python.csv", "w", newline="", encoding="utf-8") as target:
    writer = None
    for line in source:
        fields = json.loads(line)
        if writer is None:
            writer = csv.writer(target, lineterminator="\\n"); names = list(fields); writer.writerow(names)
        writer.writerow([fields[name] for name in names])
`,
  sum: `
import csv
from decimal import Decimal
with open("big.csv", newline="", encoding="utf-8") as source:
    rows = csv.reader(source); names = next(rows); sums = {}
    group, amount = names.index("region"), names.index("amount")
    for row in rows: sums[row[group]] = sums.get(row[group], 0) + Decimal(row[amount])
print(sums)
`,
};

interface Subject {
  readonly work: string;
  readonly tool: 'ours' | 'Python' | 'Miller' | 'pdftotext';
  readonly command: readonly string[];
  readonly rows?: number;
  readonly megabytes?: number;
}

export async function files(): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-files-'));
  try {
    await writeTable(join(folder, 'big.csv'));
    const document = join(project, 'jobs/files/examples/document.pdf');
    await copyFile(document, join(folder, 'document.pdf'));
    const size = (await readFile(join(folder, 'big.csv'))).byteLength / 1e6;
    const subjects = [
      ours('CSV → JSON Lines', transformData.name, { source: 's3://files/big.csv', output: 's3://files/big.jsonl', to: 'jsonl' }, size),
      { work: 'CSV → JSON Lines', tool: 'Python', command: ['python3', '-c', python.toJsonLines], rows, megabytes: size },
      { work: 'CSV → JSON Lines', tool: 'Miller', command: ['mlr', '--icsv', '--ojsonl', '-S', 'cat', 'big.csv'], rows, megabytes: size },
      ours('JSON Lines → CSV', transformData.name, { source: 's3://files/big.jsonl', output: 's3://files/back.csv', to: 'csv' }, size),
      { work: 'JSON Lines → CSV', tool: 'Python', command: ['python3', '-c', python.toCsv], rows, megabytes: size },
      { work: 'JSON Lines → CSV', tool: 'Miller', command: ['mlr', '--ijsonl', '--ocsv', '-S', 'cat', 'big.jsonl'], rows, megabytes: size },
      ours(
        'sums by group',
        generateReport.name,
        { source: 's3://files/big.csv', output: 's3://files/page.html', groupBy: 'region', value: 'amount' },
        size,
      ),
      { work: 'sums by group', tool: 'Python', command: ['python3', '-c', python.sum], rows, megabytes: size },
      {
        work: 'sums by group',
        tool: 'Miller',
        command: ['mlr', '--icsv', '--ojson', 'stats1', '-a', 'sum', '-f', 'amount', '-g', 'region', 'big.csv'],
        rows,
        megabytes: size,
      },
      { ...ours('text of a PDF of 3 pages', processDocument.name, { source: 's3://files/document.pdf' }), megabytes: 0 },
      { work: 'text of a PDF of 3 pages', tool: 'pdftotext', command: ['pdftotext', 'document.pdf', '-'] },
    ] as const satisfies readonly Subject[];
    const costs = new Map<Subject, readonly z.infer<typeof costSchema>[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const subject of subjects) {
        if (!(await isThere(subject.command[0]))) continue;
        costs.set(subject, [...(costs.get(subject) ?? []), await costOf(subject, folder)]);
      }
    }
    const of = (subject: Subject, kind: 'seconds' | 'cpu' | 'peakMb'): number =>
      median((costs.get(subject) ?? []).map((cost) => cost[kind]));
    const [toJsonl, pythonJsonl, , toCsv, pythonCsv, , sums, pythonSums] = subjects;
    const agreement = await agreements(folder);
    return {
      title: 'Jobs on files beside the usual tools',
      method: `A CSV of ${rows} rows and ${size.toFixed(0)} MB, from file to file; each tool in a process of its own, start included, in turns, median of ${rounds}. Seconds on the clock and of the processor, the largest resident set. Ours is a handler with its thread. Python’s csv module and json write the same bytes; its sums are of \`Decimal\`.`,
      columns: ['work', 'tool', 'seconds', 'CPU seconds', 'rows/s', 'MB/s', 'peak MB'],
      rows: subjects
        .filter((subject) => costs.has(subject))
        .map((subject) => {
          const { work, tool }: Subject = subject;
          const each = (amount: number | undefined): string | number =>
            amount === undefined || amount === 0 ? '–' : amount / of(subject, 'seconds');
          const { rows: count, megabytes }: Subject = subject;
          return [work, tool, of(subject, 'seconds'), of(subject, 'cpu'), each(count), each(megabytes), of(subject, 'peakMb')];
        }),
      promises: [
        {
          promise: 'CSV → JSON Lines, Python’s seconds ÷ ours ≥ 1',
          measured: of(pythonJsonl, 'seconds') / of(toJsonl, 'seconds'),
          limit: { atLeast: 1 },
        },
        {
          promise: 'JSON Lines → CSV, Python’s seconds ÷ ours ≥ 1',
          measured: of(pythonCsv, 'seconds') / of(toCsv, 'seconds'),
          limit: { atLeast: 1 },
        },
        {
          promise: 'sums by group, Python’s seconds ÷ ours ≥ 1',
          measured: of(pythonSums, 'seconds') / of(sums, 'seconds'),
          limit: { atLeast: 1 },
        },
        ...[toJsonl, toCsv, sums].map((subject) => ({
          promise: `peak MB of ${subject.work} ≤ 150`,
          measured: of(subject, 'peakMb'),
          limit: { atMost: 150 },
        })),
        ...(agreement === undefined
          ? []
          : [
              {
                promise: `words of a PDF as pdftotext has them, median of ${agreement.length} files ≥ 0.98`,
                measured: median(agreement),
                limit: { atLeast: 0.98 },
              },
            ]),
      ],
      notes:
        agreement === undefined
          ? []
          : [
              `Of these PDFs, ${agreement.filter((share) => share < 0.8).length} agree in less than 0.8 of their words; docs/files.md says why.`,
            ],
    };
  } finally {
    await rm(folder, { recursive: true });
  }

  function ours(work: string, type: string, params: object, megabytes?: number): Subject {
    const script = join(project, 'bench/processes/fileJob.ts');
    return {
      work,
      tool: 'ours',
      command: [process.execPath, script, type, JSON.stringify(params)],
      ...(megabytes === undefined ? {} : { rows, megabytes }),
    };
  }
}

async function writeTable(path: string): Promise<void> {
  const regions = ['North', 'South', 'East', 'West'];
  const file = createWriteStream(path);
  file.write('id,date,region,customer,email,product,quantity,amount,note\n');
  for (let from = 0; from < rows; from += 1000) {
    const lines = Array.from({ length: 1000 }, (_, index) => {
      const id = from + index;
      const date = `2026-${String(1 + (id % 12)).padStart(2, '0')}-${String(1 + (id % 28)).padStart(2, '0')}`;
      const amount = ((id * 37) % 100_000) / 100;
      return `${id},${date},${regions[id % 4]},Customer Number ${id % 5000},user${id % 9973}@example.com,Product ${id % 300},${1 + (id % 90)},${amount.toFixed(2)},"a note, with comma ${id % 50}"\n`;
    });
    if (!file.write(lines.join(''))) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}

async function isThere(command: string): Promise<boolean> {
  return run('which', [command]).then(
    () => true,
    () => false,
  );
}

async function costOf({ command }: Subject, folder: string): Promise<z.infer<typeof costSchema>> {
  const { stdout } = await run('python3', ['-c', measuring, ...command], { cwd: folder });
  return costSchema.parse(JSON.parse(stdout));
}

/** For each PDF in the folder that PDF_FOLDER names, such as `test/pdfs` of pdf.js; for none where it is unset. */
async function agreements(folder: string): Promise<readonly number[] | undefined> {
  const pdfs = process.env['PDF_FOLDER'];
  if (pdfs === undefined || !(await isThere('pdftotext'))) return undefined;
  const shares: number[] = [];
  for (const name of (await readdir(pdfs)).filter((file) => file.endsWith('.pdf')).toSorted()) {
    const path = join(pdfs, name);
    await copyFile(path, join(folder, 'one.pdf'));
    const theirs = await run('pdftotext', ['-enc', 'UTF-8', path, '-'], { maxBuffer: 2 ** 28, timeout: 60_000 }).catch(() => undefined);
    const read = await run(
      process.execPath,
      [
        join(project, 'bench/processes/fileJob.ts'),
        processDocument.name,
        JSON.stringify({ source: 's3://files/one.pdf', output: 's3://files/one.txt' }),
      ],
      {
        cwd: folder,
        maxBuffer: 2 ** 26,
      },
    ).catch(() => undefined);
    if (theirs === undefined || read === undefined) continue;
    const share = wordAgreement(await readFile(join(folder, 'one.txt'), 'utf8'), theirs.stdout);
    if (share === undefined) continue;
    if (share < 0.8) console.log(`${name}: ${share.toFixed(2)}`);
    shares.push(share);
  }
  return shares;
}
