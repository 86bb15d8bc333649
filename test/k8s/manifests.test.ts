import { BlockList } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { environments } from '../../infra/environments.ts';
import { podRoleName } from '../../infra/stacks/access.ts';
import { cachePort } from '../../infra/stacks/network.ts';
import { parametersPrefix } from '../../infra/stacks/settings.ts';
import { synthesize, type Synthesized } from '../../infra/testTemplates.ts';
import { describeSettings, parseConfig } from '../../runtime/config.ts';
import { fetchKubectl, renderOverlay } from './kubectl.ts';
import { configMap, deployment, egressPolicy, ingress, ingressPolicy, named, ofKind, serviceAccount, withSelector } from './shapes.ts';
import { kubernetesObject, objectsIn, violations, type KubernetesObject } from './validate.ts';

const overlays = environments.map(({ name }) => name);
const rendered = new Map<string, readonly KubernetesObject[]>();
let templates: Synthesized;
beforeAll(async () => {
  await Promise.all(
    overlays.map(async (name) => {
      rendered.set(name, objectsIn(await renderOverlay(name)));
    }),
  );
  templates = await synthesize();
  return () => templates[Symbol.asyncDispose]();
}, 120_000);
const objectsOf = (overlay: string): readonly KubernetesObject[] => rendered.get(overlay) ?? [];

test('every object of every overlay is valid', async () => {
  const all = [...rendered.values()].flat();
  expect(all.length).toBeGreaterThan(3 * 15);
  expect(await violations(all)).toEqual([]);
});

test('the validation sees a misspelt field and a value of the wrong kind', async () => {
  const [server] = ofKind(objectsOf('prod'), 'Deployment');
  const text = JSON.stringify(server).replace('"readinessProbe"', '"readinesProbe"').replace('"cpu":"250m"', '"cpu":"250 m"');
  const found = (await violations([kubernetesObject.parse(JSON.parse(text))])).join('\n');
  expect(found).toContain(`'"readinesProbe"' does not exist`);
  expect(found).toContain('requests/cpu must match format "quantity"');
});

test('kubectl is available where it is not installed', { timeout: 120_000 }, async () => {
  expect(await fetchKubectl()).toContain('kubectl');
});

describe.each(overlays)('%s', (overlay) => {
  const parts = ['server', 'worker'] as const;
  const podOf = (part: string) => deployment.parse(named(objectsOf(overlay), 'Deployment', part)).spec.template;

  /** The settings of a part that its pod has in its environment. */
  function settingsOf(part: string): Record<string, string> {
    const maps = podOf(part).spec.containers[0].envFrom.map(({ configMapRef }) =>
      named(objectsOf(overlay), 'ConfigMap', configMapRef.name),
    );
    return Object.fromEntries(maps.flatMap((map) => Object.entries(configMap.parse(map).data)));
  }

  test('what a pod reads from a secret of the cluster is a setting, under its own name, and may be missing', () => {
    const settings = new Set(describeSettings().map(({ name }) => name));
    const secrets = parts.flatMap((part) => podOf(part).spec.containers[0].env);
    expect(secrets.map(({ name }) => name)).toEqual(['WATCH_TOKEN_SECRET']);
    for (const { name, valueFrom } of secrets) {
      expect(settings.has(name)).toBe(true);
      expect(valueFrom.secretKeyRef).toMatchObject({ key: name, optional: true });
    }
  });

  test('selectors match the labels of exactly one deployment’s pods', () => {
    const pods = parts.map((part) => podOf(part).metadata.labels);
    const selecting = objectsOf(overlay).flatMap((object) => withSelector(object));
    expect(selecting.length).toBeGreaterThanOrEqual(8);
    for (const { selector, by } of selecting) {
      const matching = pods.filter((labels) => Object.entries(selector).every(([key, value]) => labels[key] === value));
      expect({ by, matching: matching.length }).toEqual({ by, matching: 1 });
    }
  });

  test('everything lies in the overlay’s own namespace, which demands the restricted profile', () => {
    const [namespace, ...others] = ofKind(objectsOf(overlay), 'Namespace');
    expect(others).toEqual([]);
    expect(namespace?.metadata).toMatchObject({
      name: `job-tickets-${overlay}`,
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    });
    const elsewhere = objectsOf(overlay).filter(
      ({ kind, metadata }) => kind !== 'Namespace' && metadata['namespace'] !== `job-tickets-${overlay}`,
    );
    expect(elsewhere).toEqual([]);
  });

  test.each(parts)('%s: its settings are known, and valid', (part) => {
    const known = new Set(describeSettings().map(({ name }) => name));
    const settings = settingsOf(part);
    expect(Object.keys(settings).filter((name) => !known.has(name))).toEqual([]);
    expect(parseConfig(settings).isProduction).toBe(true);
  });

  test.each(parts)('%s: its port is the one that it listens at, and its probes ask there', (part) => {
    const { port, metricsPort } = parseConfig({ PORT: settingsOf(part)['PORT'], METRICS_PORT: settingsOf(part)['METRICS_PORT'] });
    const container = podOf(part).spec.containers[0];
    const [declared] = container.ports;
    expect(declared?.containerPort).toBe(part === 'server' ? port : metricsPort);
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
      if (probe !== undefined) expect(probe.httpGet.port).toBe(declared?.name);
    }
    expect(container.livenessProbe?.httpGet.path).toBe('/healthz');
  });

  test('a worker has room for a PDF that is meant to do harm', () => {
    const { limits } = podOf('worker').spec.containers[0].resources;
    expect(limits.memory).toMatch(/^[2-9]Gi$/);
  });

  test.each(parts)('%s: runs as nobody in particular, on a file system that it cannot write', (part) => {
    const { spec } = podOf(part);
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(spec.containers[0]).toMatchObject({
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    });
  });

  test('service accounts take the roles that the stack makes, and the stack trusts them', async () => {
    const roles = JSON.stringify(await templates.ofType(overlay, 'AWS::IAM::Role'));
    for (const name of parts) {
      const { metadata } = serviceAccount.parse(named(objectsOf(overlay), 'ServiceAccount', name));
      const arn = metadata.annotations['eks.amazonaws.com/role-arn'];
      expect(arn).toBe(`arn:aws:iam::000000000000:role/${podRoleName(overlay, name)}`);
      expect(roles).toContain(`"RoleName":"${podRoleName(overlay, name)}"`);
      expect(roles).toContain(`system:serviceaccount:job-tickets-${overlay}:${name}`);
    }
    expect(parts.map((part) => podOf(part).spec.serviceAccountName)).toEqual([...parts]);
  });

  test('the pods read the parameters that the stack writes', async () => {
    for (const part of parts) {
      const prefix = settingsOf(part)['CONFIG_SSM_PREFIX'];
      expect(prefix).toBe(parametersPrefix(overlay));
      const written = (await templates.ofType(overlay, 'AWS::SSM::Parameter')).map(([, { Name }]) => String(Name));
      expect(written.length).toBeGreaterThan(0);
      expect(written.filter((name) => !name.startsWith(`${prefix}/`))).toEqual([]);
      // What the environment names wins, and would hide what the stack says.
      expect(written.filter((name) => name.replace(`${prefix}/`, '') in settingsOf(part))).toEqual([]);
    }
  });

  test('the load balancer passes API and dashboard, and no metrics', () => {
    const paths = ingress.parse(named(objectsOf(overlay), 'Ingress', 'server')).spec.rules.flatMap(({ http }) => http.paths);
    const passes = (url: string): boolean =>
      paths.some(({ path, pathType }) => (pathType === 'Exact' ? url === path : url === path || url.startsWith(`${path}/`)));
    expect(
      [
        '/graphql',
        '/',
        '/dashboard/main.ts',
        '/client/job.ts',
        '/modules/preact/preact.mjs',
        '/jobs/1/outputs/output',
        '/metrics',
        '/readyz',
      ].filter(passes),
    ).toEqual(['/graphql', '/', '/dashboard/main.ts', '/client/job.ts', '/modules/preact/preact.mjs', '/jobs/1/outputs/output']);
  });

  test('the pods reach what they are named: no private address, no namespace as a whole, and each at a port', () => {
    const { egress } = egressPolicy.parse(named(objectsOf(overlay), 'NetworkPolicy', 'egress')).spec;
    for (const { to, ports } of egress) {
      expect(to.length).toBeGreaterThan(0);
      expect(ports.length).toBeGreaterThan(0);
      for (const { ipBlock, namespaceSelector, podSelector } of to) {
        if (namespaceSelector !== undefined) expect(podSelector).toBeDefined();
        if (ipBlock?.cidr !== '0.0.0.0/0') continue;
        const barred = new BlockList();
        for (const cidr of ipBlock.except) barred.addSubnet(cidr.split('/')[0] ?? '', Number(cidr.split('/')[1]));
        const inside = [
          '10.0.0.1',
          '10.80.32.9',
          '100.64.1.1',
          '127.0.0.1',
          '169.254.169.254',
          '169.254.170.23',
          '172.20.0.1',
          '192.168.1.1',
        ];
        expect(inside.filter((address) => !barred.check(address))).toEqual([]);
        expect(['3.218.182.1', '52.94.0.1', '99.80.88.1'].filter((address) => barred.check(address))).toEqual([]);
      }
    }
  });

  test('the load balancer, which stands in the cluster’s VPC, reaches the servers, and takes TLS 1.2 or newer', () => {
    const { ingress: rules } = ingressPolicy.parse(named(objectsOf(overlay), 'NetworkPolicy', 'server-ingress')).spec;
    const environment = environments.find(({ name }) => name === overlay);
    const cidrs = rules.flatMap(({ from }) => from.flatMap(({ ipBlock }) => ipBlock?.cidr ?? []));
    expect(cidrs).toEqual([environment?.cluster.vpcCidr]);
    const { annotations } = serviceAccount.parse(named(objectsOf(overlay), 'Ingress', 'server')).metadata;
    expect(annotations['alb.ingress.kubernetes.io/ssl-policy']).toMatch(/^ELBSecurityPolicy-TLS13-1-2/);
  });

  test('the pods reach the VPC that the cache is in, at its port', () => {
    const { egress } = egressPolicy.parse(named(objectsOf(overlay), 'NetworkPolicy', 'egress')).spec;
    const environment = environments.find(({ name }) => name === overlay);
    const toCache = egress.filter(({ ports }) => ports.some(({ port }) => port === cachePort));
    expect(toCache.flatMap(({ to }) => to.map(({ ipBlock }) => ipBlock?.cidr))).toEqual([environment?.vpcCidr]);
  });
});
