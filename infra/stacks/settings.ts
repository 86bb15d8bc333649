/** The settings that this stack decides, for the Lambdas and, in Parameter Store and Secrets Manager, for the pods. */
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { QueueSettings } from '../../core/queue/definition.ts';
import type { Environment } from '../environments.ts';
import type { Cache } from './cache.ts';
import type { Storage } from './storage.ts';

export interface Settings extends StoredSettings {
  /** By the names of core/config.ts; none of these is a secret. */
  readonly values: Readonly<Record<string, string>>;
}

export interface StoredSettings {
  readonly parameters: readonly StringParameter[];
  readonly secrets: readonly Secret[];
}

interface SettingsDeps {
  readonly storage: Storage;
  readonly cache: Cache;
  readonly queueSettings: QueueSettings;
}

export function addSettings(parent: Construct, { name, region }: Environment, { storage, cache, queueSettings }: SettingsDeps): Settings {
  const scope = new Construct(parent, 'Settings');
  const values = {
    AWS_REGION: region,
    JOBS_TABLE: storage.table.tableName,
    QUEUE_PREFIX: queueSettings.queuePrefix,
    S3_BUCKETS: storage.bucket.bucketName,
    REDIS_CLUSTER: String(cache.isCluster),
    // The queues are made with these, so the workers must count with the same.
    VISIBILITY_TIMEOUT_SECONDS: String(queueSettings.visibilityTimeoutSeconds),
    MAX_RECEIVE_COUNT: String(queueSettings.maxReceiveCount),
  };
  const parameters = Object.entries(values).map(
    ([setting, stringValue]) => new StringParameter(scope, setting, { parameterName: parameterName(name, setting), stringValue }),
  );
  return { values, parameters, secrets: [cache.url] };
}

const parameterName = (environment: string, setting: string): string => `/job-tickets/${environment}/${setting}`;
