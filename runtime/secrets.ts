/** Secrets in Secrets Manager: read at start, and again when a value is refused. */
import type { Log } from '../telemetry/log.ts';
import { ConfigError, type Config } from './config.ts';
import { reasonOf } from './reason.ts';

export interface Secret {
  /** The secret as it was last read. */
  current(): string;
  /** Reads it again. Never rejects: if it cannot be read, or was read just now, it stays as it is. */
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
  /** The shortest time between two reads, however many refusals there are: forged tokens cost no calls. Default 10,000. */
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
      log.warn({ error, setting: name }, 'a secret could not be read again; the last value is used');
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

/** A client for each read: reads are so rare that no connection is kept open. */
async function readSecret(arn: string, minLength: number, { region, endpoints }: SecretsConfig): Promise<string> {
  const endpoint = endpoints.secretsManager;
  const local = endpoint === undefined ? {} : { endpoint, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  // Loaded only where it is used.
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
