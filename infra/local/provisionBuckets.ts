/** The buckets that handlers read and write, on S3 or an emulator of it. */
import {
  BucketAlreadyOwnedByYou,
  type BucketLocationConstraint,
  CreateBucketCommand,
  HeadBucketCommand,
  NotFound,
  type S3Client,
} from '@aws-sdk/client-s3';

export async function provisionBuckets(s3: S3Client, buckets: readonly string[]): Promise<void> {
  await Promise.all(buckets.map((bucket) => provisionBucket(s3, bucket)));
}

async function provisionBucket(s3: S3Client, Bucket: string): Promise<void> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket }));
    return;
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
  }
  // S3's first region is the one that must not be named in the request.
  const region = await s3.config.region();
  const location = isLocation(region) && { CreateBucketConfiguration: { LocationConstraint: region } };
  await s3.send(new CreateBucketCommand({ Bucket, ...location })).catch((error: unknown) => {
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
  });
}

function isLocation(region: string): region is BucketLocationConstraint {
  return region !== 'us-east-1';
}
