import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { queueDefinitions } from '../../core/queue/sqs/definition.ts';
import { environments } from '../../infra/environments.ts';
import { parseConfig } from '../../runtime/config.ts';
import { renderOverlay } from './kubectl.ts';
import { configMap, deployment, named, ofKind, scaledObject } from './shapes.ts';
import { objectsIn, type KubernetesObject } from './validate.ts';

const priorities = ['high', 'normal', 'low'] as const;

interface Depth {
  readonly visible: number;
  readonly inFlight: number;
}

type Depths = Partial<Record<(typeof priorities)[number], Depth>>;

/** What KEDA's triggers measure, by their names. */
function measured(depths: Depths, workers: number): Record<string, number> {
  const of = priorities.map((priority) => [priority, depths[priority] ?? { visible: 0, inFlight: 0 }] as const);
  return {
    ...Object.fromEntries(of.map(([priority, { visible, inFlight }]) => [priority, visible + inFlight])),
    ...Object.fromEntries(of.map(([priority, { visible }]) => [`${priority}Visible`, visible])),
    workers,
  };
}

/** KEDA's formulas are of expr-lang, whose arithmetic, with `min` and `max`, reads as JavaScript's. */
function evaluate(formula: string, values: Readonly<Record<string, number>>): number {
  expect(formula).toMatch(/^[\w\s+*/(),.-]+$/);
  return z.number().parse(runInNewContext(formula, { ...values, min: Math.min, max: Math.max }));
}

describe.each(environments.map(({ name }) => name))('the workers of %s', (overlay) => {
  let objects: readonly KubernetesObject[];
  beforeAll(async () => {
    objects = objectsIn(await renderOverlay(overlay));
  });
  const spec = () => scaledObject.parse(named(objects, 'ScaledObject', 'worker')).spec;

  /** As Kubernetes' autoscaler does with an average, before its bounds. */
  function wanted(depths: Depths, workers: number): number {
    const { formula, target } = spec().advanced.scalingModifiers;
    return Math.ceil(evaluate(formula, measured(depths, workers)) / Number(target));
  }

  test('are scaled by one number, made of the queues of all priorities and of how many workers there are', () => {
    const { triggers, scaleTargetRef } = spec();
    const [, ...queues] = queueDefinitions({ ...parseConfig({}), queuePrefix: `jobs-${overlay}` });
    const asked = (inFlight: string) => triggers.filter(({ metadata }) => metadata.scaleOnInFlight === inFlight);
    for (const [inFlight, suffix] of [
      ['true', ''],
      ['false', 'Visible'],
    ] as const) {
      expect(asked(inFlight).map(({ metadata }) => metadata.queueURL)).toEqual(queues.map(({ name }) => name));
      expect(asked(inFlight).map(({ name }) => name)).toEqual(priorities.map((priority) => priority + suffix));
    }
    const counted = triggers.filter(({ type }) => type === 'kubernetes-workload');
    expect(counted.map(({ name, metadata }) => [name, metadata.podSelector])).toEqual([['workers', 'app.kubernetes.io/component=worker']]);
    const pods = deployment.parse(named(objects, 'Deployment', scaleTargetRef.name)).spec.template.metadata.labels;
    expect(pods).toMatchObject({ 'app.kubernetes.io/component': 'worker' });
    expect(ofKind(objects, 'ScaledObject')).toHaveLength(1);
  });

  test('hold as many jobs each as the formula counts with', () => {
    const { formula, target } = spec().advanced.scalingModifiers;
    const settings = ofKind(objects, 'ConfigMap').flatMap((map) => Object.entries(configMap.parse(map).data));
    const concurrency = settings.find(([setting]) => setting === 'WORKER_CONCURRENCY')?.[1];
    expect({ target, perWorker: /(\d+) \* workers/.exec(formula)?.[1] }).toEqual({ target: concurrency, perWorker: concurrency });
  });

  test('are as many as the three queues need together, not as the fullest needs', () => {
    const at = (visible: number) => ({ visible, inFlight: 0 });
    expect(wanted({ high: at(90), normal: at(64), low: at(100) }, 2)).toBe(8);
    expect(wanted({ low: at(1_000_000) }, 2)).toBe(31_250);
  });

  test('stay while they work, though nothing waits, and go when they are done', () => {
    expect(wanted({ normal: { visible: 0, inFlight: 32 * 5 } }, 5)).toBe(5);
    expect(wanted({ normal: { visible: 0, inFlight: 40 } }, 5)).toBe(2);
    expect(wanted({}, 5)).toBe(0);
    const { minReplicaCount, maxReplicaCount } = spec();
    expect(minReplicaCount).toBeGreaterThan(0);
    expect(maxReplicaCount).toBeGreaterThan(minReplicaCount);
  });

  test('are no more for messages that wait in a backoff, since nobody can work on them', () => {
    expect(wanted({ normal: { visible: 0, inFlight: 5000 } }, 3)).toBe(3);
    expect(wanted({ normal: { visible: 33, inFlight: 5000 } }, 3)).toBe(5);
  });
});
