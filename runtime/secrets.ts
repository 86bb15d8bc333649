/** Secrets that stand in Secrets Manager: read at start, and again when what was read is refused. */
import type { Log } from '../telemetry/log.ts';
import { ConfigError, type Config } from './config.ts';
import { reasonOf } from './reason.ts';

export interface Secret {
  /** As it was read last. */
  current(): string;
  /** Reads it again. Never rejects: where it cannot be read, or was read just now, it is the one before. */
  renew(): Promise<string>;
}

/** Each is absent where the settings name none. */
export interface Secrets {
  readonly redisPassword: Secret | undefined;
  readonly jwtSecret: Secret | undefined;
}

type SecretsConfig = Pick<Config, 'region' | 'endpoints' | 'redisPasswordArn'> & { readonly auth: Pick<Config['auth'], 'secretArn'> };

interface OpenSecretsDeps {
  readonly config: SecretsConfig;
  readonly log: Log;
  /** A secret is not renewed more often, whoever is refused: tokens that are made up cost no calls. Default 10,000. */
  readonly renewEveryMs?: number;
}

/** @throws {ConfigError} for a secret that cannot be read. */
export async function openSecrets({ config, log, renewEveryMs = 10_000 }: OpenSecretsDeps): Promise<Secrets> {
  const open = async (name: string, arn: string | undefined, minLength: number): Promise<Secret | undefined> =>
    arn === undefined ? undefined : openSecret(name, () => readSecret(arn, minLength, config), { log, renewEveryMs });
  const [redisPassword, jwtSecret] = await Promise.all([
    open('REDIS_PASSWORD_ARN', config.redisPasswordArn, 1),
    open('JWT_SECRET_ARN', config.auth.secretArn, 32),
  ]);
  return { redisPassword, jwtSecret };
}

async function openSecret(
  name: string,
  read: () => Promise<string>,
  { log, renewEveryMs }: Required<Omit<OpenSecretsDeps, 'config'>>,
): Promise<Secret> {
  let value = await read().catch((error: unknown) => {
    throw new ConfigError(`${name}: the secret could not be read: ${reasonOf(error)}`, { cause: error });
  });
  let renewedAt = -Infinity;
  let reading: Promise<string> | undefined;

  async function readAgain(): Promise<string> {
    try {
      const found = await read();
      if (found !== value) log.info({ setting: name }, 'a secret has changed; the new one is used');
      value = found;
    } catch (error) {
      log.warn({ error, setting: name }, 'a secret could not be read again; the one before is used');
    } finally {
      renewedAt = performance.now();
      reading = undefined;
    }
    return value;
  }

  return {
    current: () => value,
    renew() {
      if (reading === undefined && performance.now() - renewedAt < renewEveryMs) return Promise.resolve(value);
      return (reading ??= readAgain());
    },
  };
}

/** A client for each read: they are so rare that no connection is kept for them. */
async function readSecret(arn: string, minLength: number, { region, endpoints }: SecretsConfig): Promise<string> {
  const endpoint = endpoints.secretsManager;
  const local = endpoint === undefined ? {} : { endpoint, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  // Only who asks for it pays for it.
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const requestHandler = { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true };
  const client = new SecretsManagerClient({ region, requestHandler, ...local });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    if (SecretString === undefined || SecretString.length < minLength)
      throw new Error(`it holds no text of at least ${minLength} characters`);
    return SecretString;
  } finally {
    client.destroy();
  }
}
