/** OpenTelemetry's own variables, as its specification names them, and the values derived from them. */
import { z } from 'zod';
import type { OpenTelemetrySettings } from '../telemetry/openTelemetry.ts';
import { endpoint, whole } from './settingKinds.ts';

const positive = whole(1, Number.MAX_SAFE_INTEGER);

/** `key=value`, separated by commas, percent-encoded. */
const pairs = z
  .string()
  .transform((list) => list.split(',').map((pair) => pair.trim()))
  .transform((list) => list.filter((pair) => pair !== '').map((pair) => /^([^=\s]+)\s*=(.*)$/.exec(pair)))
  .transform((found, context) => {
    const entries = found.map((match) => [decoded(match?.[1]?.trim()), decoded(match?.[2]?.trim())] as const);
    const whole = entries.filter((entry): entry is readonly [string, string] => entry[0] !== undefined && entry[1] !== undefined);
    if (whole.length < entries.length) {
      context.addIssue('has an entry that is not `key=value`, percent-encoded');
      return z.NEVER;
    }
    return Object.fromEntries(whole);
  });

function decoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export const openTelemetrySettings = {
  OTEL_SDK_DISABLED: z
    .string()
    .default('false')
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(['true', 'false']))
    .transform((text) => text === 'true')
    .describe('`true`: no spans, and nothing is sent; `/metrics` still answers.'),
  OTEL_SERVICE_NAME: z
    .string()
    .min(1)
    .optional()
    .describe('Name of the service in traces and metrics. Unset: the part’s own, such as `server`.'),
  OTEL_RESOURCE_ATTRIBUTES: pairs.optional().describe('Attributes of this process, added to each trace and metric: `key=value,…`.'),
  OTEL_TRACES_SAMPLER: z
    .enum(samplers)
    .default('parentbased_always_on')
    .describe(`Which traces are recorded: ${samplers.map((name) => `\`${name}\``).join(', ')}.`),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('For the `traceidratio` samplers: the share of traces, 0 to 1.'),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).default('otlp').describe('`none`: traces are not sent, though metrics are.'),
  OTEL_METRICS_EXPORTER: z.enum(['otlp', 'none']).default('otlp').describe('`none`: metrics are not sent, though traces are.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint
    .optional()
    .describe('Where traces and metrics are sent (OTLP over HTTP, as JSON); unset = nowhere.'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint.optional().describe('The complete address for traces, if it differs.'),
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint.optional().describe('The complete address for metrics, if it differs.'),
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .enum(['http/json', 'http/protobuf'])
    .default('http/json')
    .describe('Both are sent as JSON, which every receiver of OTLP over HTTP accepts; gRPC is not supported.'),
  OTEL_EXPORTER_OTLP_HEADERS: pairs.optional().describe('Headers for the receiver: `key=value,…`. May contain a secret.'),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: pairs.optional().describe('Further headers, for traces only.'),
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: pairs.optional().describe('Further headers, for metrics only.'),
  OTEL_BSP_SCHEDULE_DELAY: positive.default(5000).describe('How often spans are sent, in milliseconds.'),
  OTEL_BSP_MAX_QUEUE_SIZE: positive.default(2048).describe('Spans that may wait to be sent; further ones are dropped.'),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: positive.default(512).describe('Spans that are sent in one request.'),
  OTEL_METRIC_EXPORT_INTERVAL: positive.default(60_000).describe('How often metrics are sent, in milliseconds.'),
};

type Parsed = z.infer<z.ZodObject<typeof openTelemetrySettings>>;

export function openTelemetryOf(env: Parsed): OpenTelemetrySettings {
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/, '');
  const to = (own: string | undefined, path: string, more: Readonly<Record<string, string>> = {}) => {
    const url = own ?? (base === undefined ? undefined : base + path);
    return url === undefined ? undefined : { url, headers: { ...env.OTEL_EXPORTER_OTLP_HEADERS, ...more } };
  };
  const sends = (exporter: 'otlp' | 'none') => exporter === 'otlp' && !env.OTEL_SDK_DISABLED;
  return {
    serviceName: env.OTEL_SERVICE_NAME,
    resourceAttributes: env.OTEL_RESOURCE_ATTRIBUTES ?? {},
    sampler: { name: env.OTEL_TRACES_SAMPLER, ratio: env.OTEL_TRACES_SAMPLER_ARG },
    traces: sends(env.OTEL_TRACES_EXPORTER)
      ? to(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, '/v1/traces', env.OTEL_EXPORTER_OTLP_TRACES_HEADERS)
      : undefined,
    metrics: sends(env.OTEL_METRICS_EXPORTER)
      ? to(env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, '/v1/metrics', env.OTEL_EXPORTER_OTLP_METRICS_HEADERS)
      : undefined,
    spanBatches: {
      scheduledDelayMillis: env.OTEL_BSP_SCHEDULE_DELAY,
      maxQueueSize: env.OTEL_BSP_MAX_QUEUE_SIZE,
      maxExportBatchSize: Math.min(env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, env.OTEL_BSP_MAX_QUEUE_SIZE),
    },
    metricIntervalMs: env.OTEL_METRIC_EXPORT_INTERVAL,
  };
}
