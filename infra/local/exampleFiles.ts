/** Example files for newcomers: what the job types' examples name is there to be worked on. */
import { readFile } from 'node:fs/promises';
import { HeadObjectCommand, NotFound, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

const examples = [
  { name: 'document.pdf', contentType: 'application/pdf' },
  { name: 'sales.csv', contentType: 'text/csv; charset=utf-8' },
] as const;

/** Puts the files of `jobs/files/examples/` into the bucket, under `examples/`. What is there already is left as it is. */
export async function uploadExamples(s3: S3Client, bucket: string): Promise<void> {
  for (const { name, contentType } of examples) {
    const target = { Bucket: bucket, Key: `examples/${name}` };
    if (await exists(s3, target)) continue;
    const Body = await readFile(new URL(`../../jobs/files/examples/${name}`, import.meta.url));
    await s3.send(new PutObjectCommand({ ...target, Body, ContentType: contentType }));
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
