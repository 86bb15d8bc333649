import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { dollarsFor } from './dollars.ts';
import { limitsOf, podsAtMost } from './limits.ts';
import { payloadReadUnits, payloadWriteUnits, planFor } from './plan.ts';
import { workloadOf } from './plannedPage.ts';
import { fixedDollars, hoursAMonth, prices } from './prices.ts';
import { readUnitCosts, unitCosts, type UnitCosts } from './unitCosts.ts';
import { workloadOptions } from './workload.ts';

const root = join(import.meta.dirname, '../..');
const page = (name: string): Promise<string> => readFile(join(root, name), 'utf8');

/** Round numbers, so that a plan can be checked in the head. */
const round: UnitCosts = {
  writeUnits: 8,
  readUnits: 0,
  sqsRequests: 0.4,
  writeUnitsOf10KB: 11,
  readUnitsOf10KB: 3,
  serverCpuUs: 600,
  workerCpuUs: 6000,
  slotUse: 0.5,
  deliveryCpuUs: 100,
  sharedDeliveryCpuUs: 10,
  deliveryBytes: 200,
  watcherKB: 10,
  serverMB: 100,
  relayMs: 0.5,
  publishes: 5,
  redisCpuUs: 10,
  redisChannelBytes: 500,
};

describe('a plan', () => {
  test('multiplies the measured values', () => {
    const needs = planFor(
      workloadOf('--jobs 1000/s --watchers 100000 --params 4KB --duration 1s --largest-owner 20% --kept 10d'.split(' ')),
      round,
    );
    expect(needs).toMatchObject({
      // 8 and 5 for the params; one for watchers and 2 for the params.
      writeUnits: 13_000,
      // And 99,000 jobs that are silent, each read every 37.5 s, as far as 5 servers allow: 500 each.
      silenceUnits: 2500,
      readUnits: 5500,
      openIndexUnits: 2000,
      ownerIndexUnits: 400,
      openIndexShards: 2,
      ownerIndexShards: 1,
      slots: 2000,
      workerPods: 63,
      deliveries: 3000,
      publishes: 10_000,
      redisShards: 1,
      // 0.9 cores at 0.6 a pod; 977 MB at 719; sockets at 20,000.
      serverPods: 5,
      serversBoundBy: 'sockets',
    });
    expect(needs.tableGB).toBeCloseTo((1000 * 864_000 * (2048 + 4096)) / 1e9);
  });

  test.each([
    ['--jobs 100/s', '--jobs 101/s'],
    ['--watchers 1M', '--watchers 2M'],
    ['--params 4KB', '--params 8KB'],
    ['--duration 1s', '--duration 10min'],
    ['--kept 30d', '--kept 60d'],
  ])('needs no less and costs more when a load grows: %s, %s', (less, more) => {
    const [small, large] = [less, more].map((words) => {
      const workload = workloadOf(words.split(' '));
      const needs = planFor(workload, round);
      return { needs, dollars: dollarsFor(needs, workload).reduce((sum, { dollars }) => sum + dollars, 0) };
    });
    for (const name of ['writeUnits', 'tableGB', 'slots', 'serverPods', 'workerPods', 'redisShards', 'partitions'] as const) {
      expect(large?.needs[name]).toBeGreaterThanOrEqual(small?.needs[name] ?? Number.NaN);
    }
    expect(large?.dollars).toBeGreaterThan(small?.dollars ?? Number.NaN);
  });

  test('lists the nearest limit first', () => {
    const first = (words: string) => limitsOf(planFor(workloadOf(words.split(' ')), round))[0]?.what;
    expect(first('--jobs 400/s --largest-owner 100% --duration 50ms')).toContain('one owner');
    expect(first('--jobs 1/s --watchers 5M')).toBe('server pods');
    expect(first('--jobs 100/s --duration 10min')).toBe('worker pods');
  });

  test('explains its options', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['infra/plan/main.ts', '--help'], { cwd: root });
    for (const option of Object.keys(workloadOptions)) expect(stdout).toContain(`--${option} `);
  });

  test.each(['--jobs many', '--jobs 10', '--params 300KB', '--largest-owner 200%', '--nonsense 1', '--watchers -5', '--jobs 0/s'])(
    'refuses %s in one line, with exit code 64',
    async (words) => {
      const failed = await promisify(execFile)(process.execPath, ['infra/plan/main.ts', ...words.split(' ')], { cwd: root }).catch(
        (error: unknown) => error,
      );
      expect(failed).toMatchObject({ code: 64, stderr: expect.stringMatching(/^.+\n$/) as unknown });
    },
  );
});

describe('the inputs of a plan', () => {
  test('are figures that benches measured, each with its command', async () => {
    const costs = await readUnitCosts();
    expect(Object.keys(costs).toSorted()).toEqual(Object.keys(unitCosts).toSorted());
    expect([costs.writeUnitsOf10KB, costs.readUnitsOf10KB]).toEqual([payloadWriteUnits(10 * 1024), payloadReadUnits(10 * 1024)]);
  });

  test('are the prices of docs/cost.md', async () => {
    const cost = await page('docs/cost.md');
    const priceOf = (row: string): number =>
      Number(
        cost
          .split('\n')
          .find((line) => line.startsWith(`| ${row}`))
          ?.split('|')[3],
      );
    expect(priceOf('DynamoDB write units')).toBe(prices.millionWriteUnits.dollars);
    expect(priceOf('DynamoDB read units')).toBe(prices.millionReadUnits.dollars);
    expect(priceOf('SQS requests')).toBe(prices.millionSqsRequests.dollars);
    expect(priceOf('streamRelay, invocations')).toBe(prices.millionInvocations.dollars);
    expect(priceOf('streamRelay, GB-seconds')).toBe(prices.millionGBSecondsArm.dollars);
    expect(priceOf('Records kept')).toBe(prices.storageGBMonth.dollars * 1e6);
    const monthly = (row: string): number =>
      Number(
        cost
          .split('\n')
          .find((line) => line.startsWith(`| ${row}`))
          ?.split('|')[3],
      );
    expect(monthly('Valkey')).toBe(Math.round(2 * hoursAMonth * prices.valkeyNodeHour.dollars));
    expect(monthly('Endpoints of SQS') + monthly('Alarms')).toBe(fixedDollars);
  });

  test('are the pods that the overlay for prod allows', async () => {
    const overlay = await page('k8s/overlays/prod/kustomization.yaml');
    const most = (field: string): number => Number(new RegExp(`/spec/${field}, value: (\\d+)`).exec(overlay)?.[1]);
    expect(podsAtMost).toEqual({ server: most('maxReplicas'), worker: most('maxReplicaCount') });
  });
});
