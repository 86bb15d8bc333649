/** The three Lambdas, each with a role of its own, and their event sources. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, CfnEventSourceMapping, CfnFunction, Code, Function as Lambda, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import { eventSourceGrants, lambdaGrants, runtimeActions, type LambdaName } from '../grants.ts';
import { accept } from './accept.ts';
import { acceptWildcards, statementsOf, type Resources } from './access.ts';
import type { Bundles } from './bundles.ts';
import { lambdaLimits } from './lambdaLimits.ts';
import { logRetention } from './logRetention.ts';
import type { Network } from './network.ts';

export type Lambdas = Readonly<Record<LambdaName, Lambda>>;

export interface LambdasDeps extends Resources {
  readonly network: Network;
  readonly bundles: Bundles;
  /** By the names in runtime/config.ts. */
  readonly settings: Readonly<Record<string, string>>;
}

export function addLambdas(parent: Construct, environment: Environment, deps: LambdasDeps): Lambdas {
  const scope = new Construct(parent, 'Lambdas');
  const add = (name: LambdaName): Lambda => addLambda(scope, environment, deps, name);
  const lambdas = { dlqHandler: add('dlqHandler'), streamRelay: add('streamRelay'), sweeper: add('sweeper') };
  addEventSources(scope, lambdas, deps);
  const sweepEvery = Duration.seconds(environment.sweepIntervalSeconds);
  new Rule(scope, 'EveryMinute', {
    schedule: Schedule.rate(sweepEvery),
    // The next run does what this one could not do.
    targets: [new LambdaFunction(lambdas.sweeper, { retryAttempts: 0, maxEventAge: sweepEvery })],
  });
  return lambdas;
}

function addLambda(
  scope: Construct,
  { name: stage, logRetentionDays, reservesConcurrency }: Environment,
  deps: LambdasDeps,
  name: LambdaName,
): Lambda {
  const { timeoutSeconds, concurrency } = lambdaLimits[name];
  const logGroup = new LogGroup(scope, `${name}Logs`, { retention: logRetention[logRetentionDays], removalPolicy: RemovalPolicy.DESTROY });
  const { network, settings, bundles } = deps;
  const statements = [
    ...statementsOf(lambdaGrants[name], deps),
    ...statementsOf(eventSourceGrants[name], deps),
    new PolicyStatement({ actions: [...runtimeActions.logs], resources: [logGroup.logGroupArn] }),
    new PolicyStatement({ actions: [...runtimeActions.network, ...runtimeActions.traces], resources: ['*'] }),
  ];
  const role = new Role(scope, `${name}Role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { own: new PolicyDocument({ statements }) },
  });
  acceptWildcards(role, lambdaGrants[name], deps);
  accept(role, 'AwsSolutions-IAM5[Resource::*]', 'Network interfaces of a Lambda in a VPC, and X-Ray: these actions have no resource.');
  const lambda = new Lambda(scope, name, {
    functionName: `job-tickets-${stage}-${name}`,
    description: descriptions[name],
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    environment: { ...settings },
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: 512,
    timeout: Duration.seconds(timeoutSeconds),
    ...(reservesConcurrency ? { reservedConcurrentExecutions: concurrency } : {}),
    handler: 'index.handler',
    code: Code.fromAsset(bundles[name]),
    vpc: network.vpc,
    securityGroups: [network.lambdas],
  });
  const { defaultChild } = lambda.node;
  // Set here, since the class would give the role a policy of its own. The sender of the message has begun the trace.
  if (CfnFunction.isCfnFunction(defaultChild)) defaultChild.tracingConfig = { mode: 'Active' };
  return lambda;
}

const descriptions: Readonly<Record<LambdaName, string>> = {
  dlqHandler: 'Ends the jobs whose budget is used up, and sends the others again',
  streamRelay: 'Publishes every transition again',
  sweeper: 'Sends jobs again that no message names',
};

/** As startLambdas maps them outside AWS. Written out here, since CDK's own classes grant the roles more than is used. */
function addEventSources(scope: Construct, { dlqHandler, streamRelay }: Lambdas, { storage, queues }: LambdasDeps): void {
  const { tableStreamArn } = storage.table;
  if (tableStreamArn === undefined) throw new Error('the table has no stream');
  new CfnEventSourceMapping(scope, 'DeadLetters', {
    functionName: dlqHandler.functionArn,
    eventSourceArn: queues.deadLetters.queueArn,
    // Each dead letter succeeds or comes back by itself.
    batchSize: 1,
    // Otherwise Lambda takes more messages than it may run, and throttles those.
    scalingConfig: { maximumConcurrency: lambdaLimits.dlqHandler.concurrency },
    functionResponseTypes: ['ReportBatchItemFailures'],
  });
  new CfnEventSourceMapping(scope, 'Stream', {
    functionName: streamRelay.functionArn,
    eventSourceArn: tableStreamArn,
    startingPosition: 'TRIM_HORIZON',
    batchSize: 100,
    bisectBatchOnFunctionError: true,
    functionResponseTypes: ['ReportBatchItemFailures'],
    // No shard is blocked for good: watchers find skipped events by reading.
    maximumRetryAttempts: 10,
    maximumRecordAgeInSeconds: 300,
    destinationConfig: { onFailure: { destination: queues.relayFailures.queueArn } },
    // Locks have no version, and deletions no new image.
    filterCriteria: { filters: [{ pattern: JSON.stringify({ dynamodb: { NewImage: { version: { N: [{ exists: true }] } } } }) }] },
  });
}
