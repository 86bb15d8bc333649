import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { counters, gauges, histograms } from '../../telemetry/instruments.ts';

const run = promisify(execFile);
const file = (name: string): string => join(import.meta.dirname, name);

/** How OpenTelemetry's exporter spells an instrument for Prometheus. */
const names = new Set([
  ...Object.values(counters).map(({ name }) => `${name.replaceAll('.', '_')}_total`),
  ...Object.values(gauges).map(({ name }) => name.replaceAll('.', '_')),
  ...Object.values(histograms).map(({ name }) => `${name.replaceAll('.', '_')}_bucket`),
]);
const used = (text: string): readonly string[] =>
  [...text.matchAll(/\b(?:jobs|feed|messaging|websocket)_[a-z_]+\b/g)]
    .map(([name]) => name)
    .filter((name) => name !== 'messaging_destination_name');

describe('what operators watch', () => {
  test('alert rules are sound, and fire when they should and only then', async () => {
    const check = await run('promtool', ['check', 'rules', file('alerts.yml')]);
    expect(check.stdout).toContain('SUCCESS');
    const { stdout } = await run('promtool', ['test', 'rules', file('alerts.test.yml')], { cwd: import.meta.dirname });
    expect(stdout).toContain('SUCCESS');
  });

  test('every alert has a test and a place in the manual', async () => {
    const rules = await readFile(file('alerts.yml'), 'utf8');
    const tests = await readFile(file('alerts.test.yml'), 'utf8');
    const manual = await readFile(join(import.meta.dirname, '../../docs/alerts.md'), 'utf8');
    const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name = '']) => name);
    expect(alerts.length).toBeGreaterThan(5);
    expect(alerts.filter((name) => !tests.includes(`alertname: ${name}`))).toEqual([]);
    expect(alerts.filter((name) => !manual.includes(name))).toEqual([]);
  });

  test('alerts and dashboard ask for measurements that exist, and the dashboard shows them all', async () => {
    const rules = await readFile(file('alerts.yml'), 'utf8');
    const dashboard = z
      .object({ panels: z.array(z.object({ targets: z.array(z.object({ expr: z.string() })) })) })
      .parse(JSON.parse(await readFile(file('dashboard.json'), 'utf8')));
    const shown = dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => used(expr)));
    expect([...used(rules), ...shown].filter((name) => !names.has(name))).toEqual([]);
    expect([...names].filter((name) => !shown.includes(name))).toEqual([]);
  });
});
