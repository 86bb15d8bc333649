/** The CDK app: a stack an environment, and cdk-nag's AwsSolutions, by which a finding without a reason ends the synthesis. */
import { resolve } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { environments, environmentWith, type Environment } from '../environments.ts';
import { bundleLambdas } from './bundles.ts';
import { addJobTicketsStack } from './jobTicketsStack.ts';

/** Behaviours of the CDK that are not yet its default. */
const flags = {
  // Access logs are written by a bucket policy; the other way, by ACL, is not to be had any more.
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  // The names of log groups and functions stay as they are named here.
  '@aws-cdk/aws-lambda:useCdkManagedLogGroup': true,
};

interface AppOptions {
  /** Beside what the CDK's command line gives (`-c name=value`): oidcProvider, clusterVpc, deleteData. */
  readonly context?: Readonly<Record<string, string>>;
  /** Default: one for each environment. */
  readonly stacks?: readonly Environment[];
}

/** @param outdir where the templates are written. */
export function createJobTicketsApp(outdir: string, { context = {}, stacks = environments }: AppOptions = {}): App {
  const app = new App({ outdir, context: { ...flags, ...context }, analyticsReporting: false });
  const given = (name: string): string | undefined => {
    const value: unknown = app.node.tryGetContext(name);
    return typeof value === 'string' ? value : undefined;
  };
  const overrides = { oidcProvider: given('oidcProvider'), clusterVpc: given('clusterVpc'), deleteData: given('deleteData') };
  const bundles = bundleLambdas(resolve(outdir, 'bundles'));
  for (const environment of stacks) addJobTicketsStack(app, environmentWith(environment, overrides), bundles);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}
