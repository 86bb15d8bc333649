/** The environment of a bench: a Redis and the embedded AWS, each in a process of its own, and the settings that name them. */
import { z } from 'zod';
import { systemClock } from '../../core/clock.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createClients } from '../../infra/local/clients.ts';
import { provision } from '../../infra/local/provision.ts';
import { parseConfig, type Config } from '../../runtime/config.ts';
import { openCore } from '../../runtime/open.ts';
import { startRedis } from '../../test/support/redis.ts';
import { silentLog } from '../../test/support/silentLog.ts';
import { benchTypes } from './benchJob.ts';
import { startChild } from './child.ts';

export interface Stage extends AsyncDisposable {
  /** For the processes of the bench. */
  readonly env: Readonly<Record<string, string>>;
  readonly config: Config;
  readonly core: Core;
  readonly redisUrl: string;
}

const endpoints = z.object({ dynamodb: z.string(), sqs: z.string() });

export async function openStage(): Promise<Stage> {
  await using opening = new AsyncDisposableStack();
  const redis = opening.adopt(await startRedis(), ({ stop }) => stop());
  const aws = opening.use(await startChild('emulators.ts'));
  const { dynamodb, sqs } = await aws.ask(endpoints, 'endpoints');
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_ENDPOINT_URL_SQS: sqs,
    AWS_ENDPOINT_URL_S3: sqs,
    REDIS_URL: redis.url,
  };
  const config = parseConfig(env);
  await provision(opening.use(createClients(config)), config);
  const { core } = opening.adopt(openCore({ config, jobTypes: benchTypes, clock: systemClock, log: silentLog }), ({ close }) => close());
  const resources = opening.move();
  return { env, config, core, redisUrl: redis.url, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}
