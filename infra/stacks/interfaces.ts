/**
 * The CDK's classes declare optional members as `T | undefined` where its interfaces say `T?`. Under
 * `exactOptionalPropertyTypes` a Vpc is therefore no IVpc to the compiler; these say that it is.
 */
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

export function isVpc(construct: IConstruct): construct is IVpc {
  return 'vpcId' in construct && 'isolatedSubnets' in construct;
}

export function isBucket(construct: IConstruct): construct is IBucket {
  return 'bucketArn' in construct && 'arnForObjects' in construct;
}
