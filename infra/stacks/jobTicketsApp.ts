/** The CDK app: one stack per environment, and cdk-nag's AwsSolutions, in which a finding without a reason ends the synthesis. */
import { resolve } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Environment } from '../environments.ts';
import { bundleLambdas } from './bundles.ts';
import { addJobTicketsStack } from './jobTicketsStack.ts';

/** Behaviours of the CDK that are not yet its default. */
const flags = {
  // Access logs are written with a bucket policy; AWS no longer offers the other way, by ACL.
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  // The names of log groups and functions stay as they are named here.
  '@aws-cdk/aws-lambda:useCdkManagedLogGroup': true,
};

/** @param outdir The folder for the templates. @param environments The environments with their values. */
export function createJobTicketsApp(outdir: string, environments: readonly Environment[]): App {
  const app = new App({ outdir, context: flags, analyticsReporting: false });
  const bundles = bundleLambdas(resolve(outdir, 'bundles'));
  for (const environment of environments) addJobTicketsStack(app, environment, bundles);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}
