/** Accepts a finding of cdk-nag where it is intended; the reason is written into the template. */
import { Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** @param finding a rule (`AwsSolutions-S1`), or one of its findings (`AwsSolutions-IAM5[Resource::*]`). */
export function accept(construct: Construct, finding: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: finding, reason });
}
