/** The repositories of the two images: scanned when pushed, tags that never move, old images removed. */
import { Duration } from 'aws-cdk-lib';
import { Repository, RepositoryEncryption, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import { removalPolicy } from './storage.ts';

export function addImages(parent: Construct, { name, keepsData }: Environment): void {
  const scope = new Construct(parent, 'Images');
  for (const part of ['server', 'worker']) {
    new Repository(scope, part, {
      repositoryName: `job-tickets-${name}/${part}`,
      imageScanOnPush: true,
      imageTagMutability: TagMutability.IMMUTABLE,
      encryption: RepositoryEncryption.AES_256,
      lifecycleRules: [
        { description: 'Images without a tag', tagStatus: TagStatus.UNTAGGED, maxImageAge: Duration.days(7) },
        { description: 'Enough for a rollback', maxImageCount: 30 },
      ],
      emptyOnDelete: !keepsData,
      removalPolicy: removalPolicy(keepsData),
    });
  }
}
