import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../../runtime/config.ts';
import { openTelemetry } from '../../telemetry/openTelemetry.ts';
import { counters, gauges, histograms, type HistogramName } from '../../telemetry/instruments.ts';
import { longestWaits } from '../stacks/alarms.ts';
import { lambdaLoopRules, podRules } from './rules.ts';
import { firedBy } from './testAlerts.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** The name that OpenTelemetry's exporter gives an instrument in Prometheus. */
const names = new Set([
  ...Object.values(counters).map(({ name }) => `${name.replaceAll('.', '_')}_total`),
  ...Object.values(gauges).map(({ name }) => name.replaceAll('.', '_')),
  ...Object.values(histograms).map(({ name }) => `${name.replaceAll('.', '_')}_bucket`),
]);
const used = (text: string): readonly string[] =>
  [...text.matchAll(/\b(?:jobs|feed|messaging|websocket)_[a-z_]+\b/g)]
    .map(([name]) => name)
    .filter((name) => name !== 'messaging_destination_name');
const allRules = () => [...podRules(), ...lambdaLoopRules()].flatMap(({ rules }) => rules);

describe('what operators watch', () => {
  test('alert rules are valid, and go off when they should and only then', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'job-tickets-alerts-'));
    try {
      const { stdout } = await run('npm', ['run', '--silent', 'alerts'], { cwd: root });
      await writeFile(join(folder, 'alerts.yml'), stdout);
      await copyFile(join(import.meta.dirname, 'alerts.test.yml'), join(folder, 'alerts.test.yml'));
      const check = await run('promtool', ['check', 'rules', 'alerts.yml'], { cwd: folder });
      expect(check.stdout).toContain('SUCCESS');
      const tested = await run('promtool', ['test', 'rules', 'alerts.test.yml'], { cwd: folder });
      expect(tested.stdout).toContain('SUCCESS');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('every alert goes off in a test, and has a section in the manual', async () => {
    const alerts = allRules().flatMap((rule) => ('alert' in rule ? [String(rule.alert)] : []));
    expect(alerts.length).toBeGreaterThan(12);
    expect(new Set(alerts).size).toBe(alerts.length);
    const fired = await firedBy();
    expect(new Set(fired.map(({ alert }) => alert))).toEqual(new Set(alerts));
    const manual = await readFile(join(root, 'docs/alerts.md'), 'utf8');
    expect(alerts.filter((name) => !manual.includes(`| ${name} |`))).toEqual([]);
  });

  test('the dashboard asks for existing measurements, and shows all of them', async () => {
    const dashboard = z
      .object({ panels: z.array(z.object({ targets: z.array(z.object({ expr: z.string() })) })) })
      .parse(JSON.parse(await readFile(join(root, 'k8s/components/monitoring/dashboard.json'), 'utf8')));
    const shown = dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => used(expr)));
    expect(shown.filter((name) => !names.has(name))).toEqual([]);
    expect([...names].filter((name) => !shown.includes(name))).toEqual([]);
  });

  test('the bounds in the rules are bucket bounds of the histograms, as they are scraped', async () => {
    await using opened = new AsyncDisposableStack();
    const { telemetry, scrape } = opened.adopt(openTelemetry({ part: 'test', settings: parseConfig({}).openTelemetry }), ({ close }) =>
      close(),
    );
    for (const name of ['queueWait', 'feedDelivery'] satisfies HistogramName[]) telemetry.record(name, 1);
    const scraped = await scrape();
    const bounds = allRules().flatMap(({ expr }) => [...expr.matchAll(/\b(\w+_bucket)\{[^}]*le="([\d.]+)"/g)]);
    expect(bounds.length).toBeGreaterThan(10);
    for (const [, name = '', le = ''] of bounds)
      expect(scraped).toMatch(new RegExp(`^${name}\\{.*le="${le.replace('.', '\\.')}".*\\} `, 'm'));
  });

  test('Prometheus and CloudWatch agree on how long a job of each priority may wait', () => {
    const loops = lambdaLoopRules().flatMap(({ rules }) => rules.filter((rule) => 'alert' in rule && rule.alert === 'JobsWait'));
    for (const [priority, longest] of Object.entries(longestWaits)) {
      expect(loops[0]?.expr).toContain(`priority="${priority.toUpperCase()}"}) > ${longest.toSeconds()}`);
    }
    const objectives = podRules().flatMap(({ rules }) => rules.map(({ expr }) => expr));
    for (const [priority, longest] of Object.entries(longestWaits).slice(0, 2)) {
      expect(objectives.some((expr) => expr.includes(`priority="${priority.toUpperCase()}",le="${longest.toSeconds()}"`))).toBe(true);
    }
  });
});
