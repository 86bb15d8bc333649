/** The settings, with those that the environment does not name read from Parameter Store, if CONFIG_SSM_PREFIX is set. */
import { ConfigError, parseConfig, type Config, type Environment } from './config.ts';

/**
 * A parameter `<prefix>/<NAME>` is the setting of that name. The environment takes precedence, except for settings that the
 * queues were made with.
 * @throws {ConfigError} for settings that are not valid, or when Parameter Store does not answer.
 */
export async function readSettings(environment: Environment): Promise<Config> {
  const prefix = environment['CONFIG_SSM_PREFIX'];
  if (prefix === undefined || prefix === '') return parseConfig(environment);
  const parameters = await parametersUnder(prefix, environment);
  refuseOthers(prefix, parameters, environment);
  return parseConfig({ ...parameters, ...environment });
}

/** The queues and the schedule were made with these: another value in one process would be wrong, and would affect that process only. */
const madeWith = ['VISIBILITY_TIMEOUT_SECONDS', 'MAX_RECEIVE_COUNT', 'SWEEP_INTERVAL_SECONDS'] as const;

function refuseOthers(prefix: string, parameters: Environment, environment: Environment): void {
  const others = madeWith.flatMap((name) => {
    const [made, given] = [parameters[name], environment[name]];
    if (made === undefined || given === undefined || given === '' || given === made) return [];
    return [`${name}: is ${made} in ${prefix}, with which the queues and the schedule were made; change it there (infra/environments.ts)`];
  });
  if (others.length > 0) throw new ConfigError(others.join('\n'));
}

async function parametersUnder(prefix: string, environment: Environment): Promise<Environment> {
  const endpoint = environment['AWS_ENDPOINT_URL_SSM'];
  const region = environment['AWS_REGION'] ?? 'us-east-1';
  const local = endpoint === undefined ? {} : { endpoint, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  // Loaded only where it is used.
  const { paginateGetParametersByPath, SSMClient } = await import('@aws-sdk/client-ssm');
  const client = new SSMClient({ region, ...local });
  const found: Record<string, string | undefined> = {};
  try {
    for await (const { Parameters = [] } of paginateGetParametersByPath({ client }, { Path: prefix, WithDecryption: true })) {
      for (const { Name = '', Value } of Parameters) found[Name.slice(Name.lastIndexOf('/') + 1)] = Value;
    }
    return found;
  } catch (error) {
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new ConfigError(`CONFIG_SSM_PREFIX: the parameters under ${prefix} could not be read: ${reason}`, { cause: error });
  } finally {
    client.destroy();
  }
}
