/**
 * The rules of Prometheus: they are in the files that use them, and all of them together in one file, for a Prometheus without
 * the operator of Kubernetes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

const rule = z.union([
  z.looseObject({ alert: z.string(), expr: z.string(), labels: z.object({ severity: z.enum(['warning', 'critical']) }) }),
  z.looseObject({ record: z.string(), expr: z.string() }),
]);
const groups = z.array(z.object({ name: z.string(), rules: z.array(rule) }));

export type Groups = z.infer<typeof groups>;

const read = (path: string): unknown => parse(readFileSync(join(import.meta.dirname, '../..', path), 'utf8'));

/** Rules for servers and workers; in Kubernetes a part of the component. */
export function podRules(): Groups {
  return z.object({ spec: z.object({ groups }) }).parse(read('k8s/components/monitoring/rules.yaml')).spec.groups;
}

/** Rules for `npm run lambdas` and `npm start`; on AWS these are Lambdas, which no Prometheus scrapes. */
export function lambdaLoopRules(): Groups {
  return z.object({ groups }).parse(read('infra/monitoring/lambdaLoops.yml')).groups;
}

export function allRules(): string {
  return stringify({ groups: [...podRules(), ...lambdaLoopRules()] });
}
