import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { argumentsOf } from '../../test/docs/readPages.ts';
import { fakePrograms, type Answer } from '../../test/support/fakePrograms.ts';
import { environmentNamed, withContext } from '../context.ts';
import { clusterContext, synthesize } from '../testTemplates.ts';
import type { Target } from './command.ts';
import { momentOf, restore } from './restore.ts';
import { createShell } from './shell.ts';

const at = Date.UTC(2026, 10, 25, 14, 30);
const restored = 'Jobs-prod-20261125T143000Z';

/** The answers of an account in which prod runs. */
const answers: readonly (readonly [RegExp, Answer])[] = [
  [/^aws ssm get-parameters/, { stdout: 'Jobs-prod\n' }],
  [/^aws dynamodb describe-time-to-live/, { stdout: 'DISABLED\n' }],
  [/^aws dynamodb describe-table .*TableStatus/, { stdout: 'ACTIVE\n' }],
  [/^aws dynamodb describe-table/, { stdout: 'None\n' }],
  [/^kubectl .* get hpa/, { stdout: '3' }],
];

/** Runs it with programs that give these answers first; an answer that is listed twice is given twice. */
async function restoreProd(first: (readonly [RegExp, Answer])[] = [], table = 'Jobs-prod') {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-restore-'));
  const tablesFile = join(folder, 'tables.json');
  await writeFile(tablesFile, '{ "dev": "Jobs-dev-20260101T000000Z" }');
  await using programs = await fakePrograms(['aws', 'cdk', 'kubectl'], ({ program, args }) => {
    const line = [program, ...args].join(' ');
    const index = first.findIndex(([pattern]) => pattern.test(line));
    const [, answer] = (index === -1 ? undefined : first.splice(index, 1)[0]) ?? answers.find(([pattern]) => pattern.test(line)) ?? [];
    return answer;
  });
  let said = '';
  const target: Target = {
    environment: { ...withContext(environmentNamed('prod'), clusterContext), table },
    context: clusterContext,
    shell: createShell({ cwd: folder, write: (text) => (said += text), env: { PATH: programs.path } }),
    kubectl: ['kubectl'],
    isUnattended: true,
  };
  const error = await restore({ target, at, tablesFile }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const tables: unknown = JSON.parse(await readFile(tablesFile, 'utf8'));
  await rm(folder, { recursive: true });
  return { said, error, tables, calls: programs.calls() };
}

describe('npm run restore', () => {
  test('makes the table, completes it, and switches everything to it while no pod writes; each step is printed before it runs', async () => {
    const { said, error, tables, calls } = await restoreProd([[/get pods/, { stdout: 'pod/server-1\npod/worker-1\n' }]]);
    expect(error).toBeUndefined();
    const inRegion = (line: string): string => `aws dynamodb ${line} --region us-east-1`;
    const inNamespace = (line: string): string => `kubectl -n job-tickets-prod ${line}`;
    expect(calls.slice(1)).toEqual([
      inRegion(`list-tables --query TableNames[?@=='${restored}'] --output text`),
      inRegion(
        `restore-table-to-point-in-time --source-table-name Jobs-prod --target-table-name ${restored} --restore-date-time 2026-11-25T14:30:00.000Z`,
      ),
      inRegion(`describe-table --table-name ${restored} --query Table.TableStatus --output text`),
      inRegion(`update-continuous-backups --table-name ${restored} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true`),
      inRegion(`describe-time-to-live --table-name ${restored} --query TimeToLiveDescription.TimeToLiveStatus --output text`),
      inRegion(`update-time-to-live --table-name ${restored} --time-to-live-specification Enabled=true,AttributeName=expiresAt`),
      inRegion(`describe-table --table-name ${restored} --query Table.StreamSpecification.StreamEnabled --output text`),
      inRegion(`update-table --table-name ${restored} --deletion-protection-enabled`),
      inRegion(`update-table --table-name ${restored} --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES`),
      inRegion(`describe-table --table-name ${restored} --query Table.TableStatus --output text`),
      inNamespace('annotate --overwrite scaledobject worker autoscaling.keda.sh/paused-replicas=0'),
      inNamespace('scale deployment/server --replicas=0'),
      inNamespace('get pods -l app.kubernetes.io/component in (server, worker) -o name'),
      inNamespace('wait --for=delete --timeout=10m pod/server-1 pod/worker-1'),
      inNamespace('get pods -l app.kubernetes.io/component in (server, worker) -o name'),
      expect.stringMatching(/^cdk deploy job-tickets-prod --import-existing-resources .*-c environment=prod /),
      inNamespace('get hpa server -o jsonpath={.spec.minReplicas}'),
      inNamespace('scale deployment/server --replicas=3'),
      inNamespace('annotate scaledobject worker autoscaling.keda.sh/paused-replicas-'),
      inNamespace('rollout status deployment/server --timeout=15m'),
    ]);
    expect(tables).toEqual({ dev: 'Jobs-dev-20260101T000000Z', prod: restored });
    const printed = said.split('\n').filter((line) => line.startsWith('$ '));
    expect(printed.map((line) => line.slice(2).replaceAll("'\\''", '"').replaceAll("'", ''))).toEqual(
      calls.map((call) => call.replaceAll(/=='(.*)'/g, '=="$1"')),
    );
  });

  test('waits for as long as it takes, and continues where a failure ended it', async () => {
    const first: [RegExp, Answer][] = [
      [/TableStatus/, { stdout: 'CREATING\n' }],
      [/TableStatus/, { stdout: 'CREATING\n' }],
      [/table-exists/, { code: 255 }],
      [/paused-replicas=0/, { code: 1 }],
    ];
    const failed = await restoreProd(first);
    expect(failed.calls.filter((call) => call.includes('wait table-exists'))).toHaveLength(2);
    expect(String(failed.error)).toContain('annotate --overwrite scaledobject worker autoscaling.keda.sh/paused-replicas=0 ended with 1');
    const done: [RegExp, Answer][] = [
      [/list-tables/, { stdout: `${restored}\n` }],
      [/describe-time-to-live/, { stdout: 'ENABLED\n' }],
      [/StreamEnabled/, { stdout: 'True\n' }],
    ];
    const { error, calls } = await restoreProd(done);
    expect(error).toBeUndefined();
    expect(calls.filter((call) => /restore-table|update-t|kubectl .* wait/.test(call))).toEqual([]);
  });

  test('ends where AWS does not answer, or the table does not appear', async () => {
    const away = await restoreProd([[/TableStatus/, { code: 255 }]]);
    expect(String(away.error)).toContain('--output text --region us-east-1 ended with 255');
    const lost = await restoreProd([[/TableStatus/, { stdout: 'ARCHIVED\n' }]]);
    expect(String(lost.error)).toContain(`the table ${restored} is ARCHIVED`);
    expect(lost.calls.filter((call) => call.startsWith('kubectl'))).toEqual([]);
  });

  test('also where the name was written and the deployment failed', async () => {
    const { error, calls } = await restoreProd([[/list-tables/, { stdout: `${restored}\n` }]], restored);
    expect(error).toBeUndefined();
    expect(calls.some((call) => call.startsWith('cdk deploy'))).toBe(true);
    expect(calls.some((call) => call.includes('restore-table'))).toBe(false);
  });

  test('refuses to touch a restore that this revision does not know', async () => {
    const { error, calls } = await restoreProd([[/get-parameters/, { stdout: 'Jobs-prod-20261101T000000Z\n' }]]);
    expect(String(error)).toContain('prod uses the table Jobs-prod-20261101T000000Z');
    expect(calls).toHaveLength(1);
  });

  test('accepts a past time with its offset, and nothing else', () => {
    expect(momentOf('2026-11-25T14:30:00Z', at)).toBe(at);
    expect(momentOf('2026-11-25T15:30+01:00', at)).toBe(at);
    for (const text of ['2026-11-25', '2026-11-25T14:30:00', 'yesterday', '2026-13-25T14:30:00Z'])
      expect(() => momentOf(text, at)).toThrow('is not a valid time');
    expect(() => momentOf('2026-11-25T14:30:01Z', at)).toThrow('is in the future');
  });

  test('prints its usage, and asks for the name again', async () => {
    await using resources = new AsyncDisposableStack();
    const folder = resources.adopt(await mkdtemp(join(tmpdir(), 'job-tickets-data-')), (path) => rm(path, { recursive: true }));
    const main = (args: readonly string[], answer = ''): Promise<string> =>
      new Promise((resolve) => {
        const child = execFile(
          process.execPath,
          [join(import.meta.dirname, '../../runtime/dataMain.ts'), 'restore', ...args],
          { env: { PATH: process.env['PATH'], DATA_DIR: folder } },
          (_error, _stdout, stderr) => resolve(`${child.exitCode} ${stderr}`),
        );
        child.stdin?.end(answer);
      });
    const given = Object.entries(clusterContext).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    expect(await main([])).toMatch(/^64 usage: backup/);
    expect(await main(['prod', ...given])).toMatch(/^64 restore: usage: npm run restore -- <env> <time/);
    expect(await main(['prod', 'yesterday', ...given])).toMatch(/^78 restore: "yesterday" is not a valid time/);
    // As docs/restore.md has it, at a moment that has been on any machine.
    const [written = []] = argumentsOf('infra/deploy/restore.test.ts', 'restore');
    const earlier = written.map((word) => word.replace(/^\d{4}-\d\d-\d\dT/, '2026-01-01T'));
    expect(await main(earlier, 'dev\n')).toMatch(/^78 restore: "dev" is not prod: nothing was done/);
    // A backup of `npm start`.
    expect(await main(['no-such-backup.sqlite'])).toMatch(/^1 restore: the file of the jobs cannot be opened/);
  });
});

test('after a restore the stack differs only in the table’s name: roles, Lambdas, relay, settings and alarms follow', async () => {
  await using before = await synthesize({ only: 'prod' });
  await using after = await synthesize({ only: 'prod', changes: { table: restored } });
  const [resources, switched] = [await before.resources('prod'), await after.resources('prod')];
  const tableIn = (all: typeof resources): string => Object.keys(all).find((id) => all[id]?.Type === 'AWS::DynamoDB::GlobalTable') ?? '';
  const [old, own] = [tableIn(resources), tableIn(switched)];
  expect(own).not.toBe(old);
  const users = Object.entries(switched).filter(([, resource]) => JSON.stringify(resource).includes(`"${own}"`));
  const kinds = new Set(users.map(([, { Type }]) => Type));
  expect(kinds).toEqual(
    new Set([
      'AWS::IAM::Role',
      'AWS::Lambda::Function',
      'AWS::Lambda::EventSourceMapping',
      'AWS::SSM::Parameter',
      'AWS::CloudWatch::Alarm',
      'AWS::CloudWatch::Dashboard',
    ]),
  );
  const text = JSON.stringify(switched);
  expect(text).not.toContain(old);
  expect(text).not.toContain('"Jobs-prod"');
  const renamed = text.replaceAll(own, old).replaceAll(restored, 'Jobs-prod');
  expect(JSON.parse(renamed)).toEqual(resources);
  expect(resources[old]?.DeletionPolicy).toBe('Retain');
});
