/** The alert rules that promtool's tests cover, for tests that compare the manual with them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const tests = z.object({
  tests: z.array(
    z.object({
      name: z.string(),
      alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) })),
    }),
  ),
});

/** Each alert that goes off in a test, with the test's name, which is the cause. */
export async function firedBy(): Promise<readonly { readonly alert: string; readonly cause: string }[]> {
  const parsed = tests.parse(parse(await readFile(join(import.meta.dirname, 'alerts.test.yml'), 'utf8')));
  return parsed.tests.flatMap(({ name, alert_rule_test: shown }) =>
    shown.flatMap(({ alertname, exp_alerts: expected }) => (expected.length === 0 ? [] : [{ alert: alertname, cause: name }])),
  );
}
