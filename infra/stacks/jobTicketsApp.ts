/** The CDK app: a stack an environment, and cdk-nag's AwsSolutions, by which a finding without a reason ends the synthesis. */
import { resolve } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Environment } from '../environments.ts';
import { bundleLambdas } from './bundles.ts';
import { addJobTicketsStack } from './jobTicketsStack.ts';

/** Behaviours of the CDK that are not yet its default. */
const flags = {
  // Access logs are written by a bucket policy; the other way, by ACL, is not to be had any more.
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  // The names of log groups and functions stay as they are named here.
  '@aws-cdk/aws-lambda:useCdkManagedLogGroup': true,
};

/** @param outdir where the templates are written. @param environments each as its stack is to be. */
export function createJobTicketsApp(outdir: string, environments: readonly Environment[]): App {
  const app = new App({ outdir, context: flags, analyticsReporting: false });
  const bundles = bundleLambdas(resolve(outdir, 'bundles'));
  for (const environment of environments) addJobTicketsStack(app, environment, bundles);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}
