/** Puts the example files into a bucket of S3. */
import { readFile } from 'node:fs/promises';
import { HeadObjectCommand, NotFound, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { exampleFiles, examplesPrefix, exampleUrl } from './exampleList.ts';

/** Existing files are left as they are. */
export async function uploadExamples(s3: S3Client, bucket: string): Promise<void> {
  for (const { name, contentType } of exampleFiles) {
    const target = { Bucket: bucket, Key: `${examplesPrefix}/${name}` };
    if (await exists(s3, target)) continue;
    await s3.send(new PutObjectCommand({ ...target, Body: await readFile(exampleUrl(name)), ContentType: contentType }));
  }
}

async function exists(s3: S3Client, target: { readonly Bucket: string; readonly Key: string }): Promise<boolean> {
  try {
    await s3.send(new HeadObjectCommand(target));
    return true;
  } catch (error) {
    if (error instanceof NotFound) return false;
    throw error;
  }
}
