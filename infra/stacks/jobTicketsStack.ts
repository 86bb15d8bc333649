/** Everything of one environment on AWS, except the cluster that the pods run in. */
import { CfnOutput, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import { addPodRoles } from './access.ts';
import { addAlarms } from './alarms.ts';
import type { Bundles } from './bundles.ts';
import { addCache } from './cache.ts';
import { addDashboard } from './dashboard.ts';
import { addImages } from './images.ts';
import { addLambdas } from './lambdas.ts';
import { addNetwork } from './network.ts';
import { addQueues } from './queues.ts';
import { addSettings } from './settings.ts';
import { addStorage } from './storage.ts';

export function addJobTicketsStack(scope: Construct, environment: Environment, bundles: Bundles): Stack {
  const { name, region, keepsData } = environment;
  const stack = new Stack(scope, `job-tickets-${name}`, {
    env: { region },
    description: `Job Tickets, ${name}`,
    terminationProtection: name !== 'dev' && keepsData,
  });
  Tags.of(stack).add('job-tickets', name);

  const queueSettings = { queuePrefix: `jobs-${name}`, ...environment.queues };
  const storage = addStorage(stack, environment);
  const queues = addQueues(stack, queueSettings);
  const network = addNetwork(stack, environment);
  const cache = addCache(stack, environment, network);
  addImages(stack, environment);
  const settings = addSettings(stack, environment, { storage, cache, queueSettings });
  addPodRoles(stack, environment, { storage, queues, cache, environment: name });
  const lambdas = addLambdas(stack, environment, {
    storage,
    queues,
    cache,
    environment: name,
    network,
    bundles,
    settings,
  });
  const observed = { storage, queues, lambdas, cache };
  addDashboard(stack, environment, observed, addAlarms(stack, environment, observed));
  new CfnOutput(stack, 'Bucket', { value: storage.bucket.bucketName });
  new CfnOutput(stack, 'AccessLogs', { value: storage.accessLogs.bucketName });
  new CfnOutput(stack, 'CacheId', { value: cache.replicationGroupId });
  new CfnOutput(stack, 'VpcId', { value: network.vpc.vpcId });
  return stack;
}
