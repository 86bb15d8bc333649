/**
 * The settings that this stack decides: for the Lambdas, and for the pods in Parameter Store, where CONFIG_SSM_PREFIX points.
 * None of them is a secret: of the password they contain only the ARN.
 */
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { QueueSettings } from '../../core/queue/sqs/definition.ts';
import type { Environment } from '../environments.ts';
import type { Cache } from './cache.ts';
import { metricsNamespace } from './measurements.ts';
import { sharedPrefix, type Storage } from './storage.ts';

interface SettingsDeps {
  readonly storage: Storage;
  readonly cache: Cache;
  readonly queueSettings: QueueSettings;
}

/** Returns them by the names in runtime/config.ts. */
export function addSettings(
  parent: Construct,
  { name, sweepIntervalSeconds }: Environment,
  deps: SettingsDeps,
): Readonly<Record<string, string>> {
  const scope = new Construct(parent, 'Settings');
  const { storage, cache, queueSettings } = deps;
  const settings = {
    JOBS_TABLE: storage.table.tableName,
    QUEUE_PREFIX: queueSettings.queuePrefix,
    S3_BUCKETS: storage.bucket.bucketName,
    SHARED_INPUTS: `s3://${storage.bucket.bucketName}/${sharedPrefix}`,
    REDIS_URL: cache.url,
    REDIS_PASSWORD_ARN: cache.password.secretArn,
    REDIS_CLUSTER: String(cache.isCluster),
    // Queues and schedule are made with these, so all processes need the same values; runtime/parameterStore.ts refuses others.
    VISIBILITY_TIMEOUT_SECONDS: String(queueSettings.visibilityTimeoutSeconds),
    MAX_RECEIVE_COUNT: String(queueSettings.maxReceiveCount),
    METRICS_NAMESPACE: metricsNamespace(name),
    SWEEP_INTERVAL_SECONDS: String(sweepIntervalSeconds),
  };
  for (const [setting, stringValue] of Object.entries(settings)) {
    new StringParameter(scope, setting, { parameterName: `${parametersPrefix(name)}/${setting}`, stringValue });
  }
  return settings;
}

/** The CONFIG_SSM_PREFIX of the pods. */
export const parametersPrefix = (environment: string): string => `/job-tickets/${environment}`;
