/** The parts of Kubernetes objects that the tests of their relations look at. */
import { z } from 'zod';
import type { KubernetesObject } from './validate.ts';

const labels = z.record(z.string(), z.string());
const probe = z.looseObject({ httpGet: z.object({ path: z.string(), port: z.string() }) }).optional();

const container = z.looseObject({
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })),
  env: z
    .array(
      z.object({
        name: z.string(),
        valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string(), optional: z.boolean() }) }),
      }),
    )
    .default([]),
  resources: z.object({
    requests: z.object({ cpu: z.string(), memory: z.string() }),
    limits: z.object({ cpu: z.string(), memory: z.string() }),
  }),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: z.object({ preStop: z.object({ sleep: z.object({ seconds: z.number() }) }) }).optional(),
});

export const deployment = z.object({
  spec: z.object({
    template: z.object({
      metadata: z.object({ labels }),
      spec: z.looseObject({
        serviceAccountName: z.string(),
        terminationGracePeriodSeconds: z.number(),
        containers: z.tuple([container]),
      }),
    }),
  }),
});

export const configMap = z.object({ data: labels });

export const serviceAccount = z.object({ metadata: z.object({ annotations: labels }) });

export const scaledObject = z.object({
  spec: z.object({
    scaleTargetRef: z.object({ name: z.string() }),
    minReplicaCount: z.number(),
    maxReplicaCount: z.number(),
    advanced: z.object({
      scalingModifiers: z.object({ formula: z.string(), target: z.string(), metricType: z.literal('AverageValue') }),
    }),
    triggers: z.array(
      z.object({
        name: z.string(),
        type: z.string(),
        metadata: z.object({ queueURL: z.string(), scaleOnInFlight: z.string(), podSelector: z.string() }).partial(),
      }),
    ),
  }),
});

export const ingress = z.object({
  spec: z.object({
    rules: z.array(z.object({ http: z.object({ paths: z.array(z.object({ path: z.string(), pathType: z.enum(['Exact', 'Prefix']) })) }) })),
  }),
});

export const egressPolicy = z.object({
  spec: z.object({
    egress: z.array(
      z.object({
        to: z.array(
          z.object({
            ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
            namespaceSelector: z.unknown().optional(),
            podSelector: z.unknown().optional(),
          }),
        ),
        ports: z.array(z.object({ port: z.number() })).default([]),
      }),
    ),
  }),
});

export const ingressPolicy = z.object({
  spec: z.object({ ingress: z.array(z.object({ from: z.array(z.object({ ipBlock: z.object({ cidr: z.string() }).optional() })) })) }),
});

const selectors = z.object({
  spec: z.object({
    selector: z.union([z.object({ matchLabels: labels }).transform(({ matchLabels }) => matchLabels), labels]).optional(),
    podSelector: z.object({ matchLabels: labels.optional() }).optional(),
    template: z
      .object({
        spec: z.object({
          topologySpreadConstraints: z.array(z.object({ labelSelector: z.object({ matchLabels: labels }) })).default([]),
        }),
      })
      .optional(),
  }),
});

/** The label selectors of pods in an object, except those that select all, or by expression. */
export function withSelector(object: KubernetesObject): { readonly by: string; readonly selector: Readonly<Record<string, string>> }[] {
  const parsed = selectors.safeParse(object);
  if (!parsed.success) return [];
  const { selector, podSelector, template } = parsed.data.spec;
  const spread = template?.spec.topologySpreadConstraints.map(({ labelSelector }) => labelSelector.matchLabels) ?? [];
  return [selector, podSelector?.matchLabels, ...spread]
    .filter((found) => found !== undefined)
    .map((found) => ({ by: `${object.kind} ${object.metadata.name}`, selector: found }));
}

export function ofKind(objects: readonly KubernetesObject[], kind: string): readonly KubernetesObject[] {
  return objects.filter((object) => object.kind === kind);
}

/** @throws {Error} when there is none of that name. */
export function named(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = ofKind(objects, kind).find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}
