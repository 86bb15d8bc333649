import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { podRules } from '../../infra/monitoring/rules.ts';
import { kubectl } from './kubectl.ts';
import { configMap, deployment, named, ofKind } from './shapes.ts';
import { objectsIn, violations, type KubernetesObject } from './validate.ts';

const k8s = join(import.meta.dirname, '../../k8s');
let objects: readonly KubernetesObject[];

/** As an overlay that takes the component in. */
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-monitoring-'));
  const to = (path: string): string => relative(folder, join(k8s, path));
  await writeFile(
    join(folder, 'kustomization.yaml'),
    JSON.stringify({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace: 'job-tickets-prod',
      resources: [to('overlays/prod')],
      components: [to('components/monitoring')],
    }),
  );
  const { stdout } = await promisify(execFile)(await kubectl(), ['kustomize', folder]);
  objects = objectsIn(stdout);
  await rm(folder, { recursive: true });
}, 60_000);

const monitor = z.object({
  metadata: z.object({ namespace: z.string() }),
  spec: z.object({ selector: z.object({ matchLabels: z.record(z.string(), z.string()) }) }),
});
const endpoint = z.object({
  port: z.string(),
  path: z.string(),
  relabelings: z.array(z.object({ targetLabel: z.string(), replacement: z.string() })),
});
const service = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()) }),
  spec: z.object({ ports: z.array(z.object({ name: z.string(), targetPort: z.string() })) }),
});

const matches = (labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

test('what the component installs is valid, and lies in the overlay’s namespace', async () => {
  const kinds = ['ServiceMonitor', 'PodMonitor', 'PrometheusRule'];
  const installed = kinds.flatMap((kind) => ofKind(objects, kind));
  expect(installed.map(({ kind }) => kind)).toEqual(kinds);
  expect(new Set(installed.map((object) => monitor.shape.metadata.parse(object.metadata).namespace))).toEqual(
    new Set(['job-tickets-prod']),
  );
  expect(await violations([...installed, named(objects, 'ConfigMap', 'job-tickets-dashboard')])).toEqual([]);
});

test('the validation sees a field of a monitor that there is not', async () => {
  const [pods] = ofKind(objects, 'PodMonitor');
  const misspelt = objectsIn(JSON.stringify(pods).replace('"podMetricsEndpoints"', '"podMetricEndpoints"'));
  expect((await violations(misspelt)).join('\n')).toContain('podMetricEndpoints');
});

test('servers are found by their service, workers by their pods, at the ports where they answer', () => {
  const servers = named(objects, 'ServiceMonitor', 'server');
  const workers = named(objects, 'PodMonitor', 'worker');
  const found = ofKind(objects, 'Service').filter((object) =>
    matches(service.parse(object).metadata.labels, monitor.parse(servers).spec.selector.matchLabels),
  );
  expect(found.map(({ metadata }) => metadata.name)).toEqual(['server']);
  const [server] = z.object({ spec: z.object({ endpoints: z.tuple([endpoint]) }) }).parse(servers).spec.endpoints;
  expect(service.parse(found[0]).spec.ports.map(({ name }) => name)).toContain(server.port);

  const { template } = deployment.parse(named(objects, 'Deployment', 'worker')).spec;
  expect(matches(template.metadata.labels, monitor.parse(workers).spec.selector.matchLabels)).toBe(true);
  const [worker] = z.object({ spec: z.object({ podMetricsEndpoints: z.tuple([endpoint]) }) }).parse(workers).spec.podMetricsEndpoints;
  expect(template.spec.containers[0].ports.map(({ name }) => name)).toContain(worker.port);

  expect([server.path, worker.path]).toEqual(['/metrics', '/metrics']);
  const jobs = [server, worker].map(({ relabelings }) => relabelings.find(({ targetLabel }) => targetLabel === 'job')?.replacement);
  const targetDown = podRules().flatMap(({ rules }) => rules.filter((rule) => 'alert' in rule && rule.alert === 'TargetDown'));
  for (const job of jobs) expect(targetDown[0]?.expr).toContain(`absent(up{job="${job}"})`);
});

test('the dashboard is where Grafana’s sidecar looks', () => {
  const map = named(objects, 'ConfigMap', 'job-tickets-dashboard');
  expect(map.metadata).toMatchObject({ labels: { grafana_dashboard: '1' } });
  expect(JSON.parse(configMap.parse(map).data['job-tickets.json'] ?? '')).toMatchObject({ title: 'Job Tickets' });
});

test('Prometheus may come in: it is not only installed, but let through', () => {
  const policies = ofKind(objects, 'NetworkPolicy').map((object) => JSON.stringify(object));
  for (const part of ['server-ingress', 'worker-ingress']) {
    expect(policies.find((text) => text.includes(`"name":"${part}"`))).toContain('"kubernetes.io/metadata.name":"monitoring"');
  }
});
