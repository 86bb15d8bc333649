import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { environments } from '../../infra/environments.ts';
import { parseConfig } from '../../runtime/config.ts';
import { keepAliveMs } from '../../server/openServer.ts';
import { renderOverlay } from './kubectl.ts';
import { configMap, deployment, named, ofKind, scaledObject } from './shapes.ts';
import { objectsIn, type KubernetesObject } from './validate.ts';

const annotated = z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()) }) });
const labelled = z.object({ metadata: z.object({ labels: z.record(z.string(), z.string()) }) });
const budget = z.object({
  spec: z.object({
    maxUnavailable: z.union([z.number(), z.string()]),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
  }),
});
const autoscaler = z.object({ spec: z.object({ minReplicas: z.number() }) });
const strategy = z.object({
  spec: z.object({
    strategy: z.object({
      rollingUpdate: z.object({ maxUnavailable: z.union([z.number(), z.string()]), maxSurge: z.union([z.number(), z.string()]) }),
    }),
  }),
});

/** How many pods that is: Kubernetes rounds up what a disruption budget allows. */
function podsOf(bound: number | string, replicas: number): number {
  return typeof bound === 'number' ? bound : Math.ceil((Number.parseInt(bound, 10) / 100) * replicas);
}

describe.each(environments.map(({ name }) => name))('a roll-out, a drained node, in %s', (overlay) => {
  let objects: readonly KubernetesObject[];
  beforeAll(async () => {
    objects = objectsIn(await renderOverlay(overlay));
  });
  const podOf = (part: string) => deployment.parse(named(objects, 'Deployment', part)).spec.template.spec;
  const config = () =>
    parseConfig(Object.fromEntries(ofKind(objects, 'ConfigMap').flatMap((map) => Object.entries(configMap.parse(map).data))));
  const balancer = () => {
    const { annotations } = annotated.parse(named(objects, 'Ingress', 'server')).metadata;
    return (name: string) => annotations[`alb.ingress.kubernetes.io/${name}`] ?? '';
  };
  const attribute = (list: string, name: string) => Number(new RegExp(`(?:^|,)${name}=(\\d+)`).exec(list)?.[1]);

  test('a server takes traffic only once the load balancer has found it healthy, by the same question as Kubernetes asks', () => {
    const at = balancer();
    expect(podOf('server').containers[0].readinessProbe?.httpGet.path).toBe(at('healthcheck-path'));
    expect(at('healthcheck-path')).toBe('/readyz');
    // Readiness gates are of targets that are pods.
    expect(at('target-type')).toBe('ip');
    const [namespace] = ofKind(objects, 'Namespace');
    expect(labelled.parse(namespace).metadata.labels).toMatchObject({ 'elbv2.k8s.aws/pod-readiness-gate-inject': 'enabled' });
    expect(Number(at('healthcheck-timeout-seconds'))).toBeLessThan(Number(at('healthcheck-interval-seconds')));
  });

  test('a server that goes waits until no new connections come, then ends those that it has, and is killed only after that', () => {
    const at = balancer();
    const { containers, terminationGracePeriodSeconds } = podOf('server');
    const preStop = containers[0].lifecycle?.preStop.sleep.seconds ?? 0;
    const { shutdownGraceSeconds, limits } = config();
    // As long as the load balancer may take to notice it.
    expect(preStop).toBeGreaterThanOrEqual(Number(at('healthcheck-interval-seconds')) * Number(at('unhealthy-threshold-count')));
    expect(attribute(at('target-group-attributes'), 'deregistration_delay.timeout_seconds')).toBeGreaterThanOrEqual(
      preStop + shutdownGraceSeconds,
    );
    expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(preStop + shutdownGraceSeconds + 10);
    expect(limits.socketDrainSeconds).toBeLessThan(shutdownGraceSeconds);
  });

  test('the load balancer never takes a connection for open that the server has closed, nor a socket for idle that it pings', () => {
    const idle = attribute(balancer()('load-balancer-attributes'), 'idle_timeout.timeout_seconds');
    expect(idle).toBeLessThan(keepAliveMs / 1000);
    expect(idle).toBeGreaterThan(2 * config().limits.socketPingSeconds);
  });

  test('a worker that goes may finish what it holds', () => {
    const { shutdownGraceSeconds, receiveWaitSeconds } = config();
    expect(podOf('worker').terminationGracePeriodSeconds).toBeGreaterThanOrEqual(receiveWaitSeconds + shutdownGraceSeconds + 10);
  });

  test('each part has one disruption budget, which a drained node can meet, and which leaves servers in service', () => {
    const fewest = {
      server: autoscaler.parse(named(objects, 'HorizontalPodAutoscaler', 'server')).spec.minReplicas,
      worker: scaledObject.parse(named(objects, 'ScaledObject', 'worker')).spec.minReplicaCount,
    };
    for (const part of ['server', 'worker'] as const) {
      const budgets = ofKind(objects, 'PodDisruptionBudget')
        .map((object) => budget.parse(object).spec)
        .filter(({ selector }) => selector.matchLabels['app.kubernetes.io/component'] === part);
      expect(budgets).toHaveLength(1);
      expect(podsOf(budgets[0]?.maxUnavailable ?? 0, fewest[part])).toBeGreaterThan(0);
    }
    const { maxUnavailable } = budget.parse(named(objects, 'PodDisruptionBudget', 'server')).spec;
    // In dev there is one server, and an interruption is acceptable.
    expect(fewest.server - podsOf(maxUnavailable, fewest.server)).toBeGreaterThanOrEqual(overlay === 'dev' ? 0 : 1);
  });

  test('a new server is ready before an old one goes', () => {
    const { rollingUpdate } = strategy.parse(named(objects, 'Deployment', 'server')).spec.strategy;
    expect(rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
  });
});
