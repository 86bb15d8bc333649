import { CreateBucketCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { expect, test } from 'vitest';
import { uploadExamples } from './exampleFiles.ts';

test('uploads the examples once and leaves what is there', async () => {
  await using cleanup = new AsyncDisposableStack();
  const server = cleanup.adopt(await startFauxqs({ port: 0, logger: false }), ({ stop }) => stop());
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const endpoint = `http://127.0.0.1:${server.port}`;
  const s3 = cleanup.adopt(new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true }), (client) =>
    client.destroy(),
  );
  await s3.send(new CreateBucketCommand({ Bucket: 'files' }));
  await uploadExamples(s3, 'files');
  const csv = { Bucket: 'files', Key: 'examples/sales.csv' };
  const pdf = await s3.send(new HeadObjectCommand({ Bucket: 'files', Key: 'examples/document.pdf' }));
  expect(pdf).toMatchObject({ ContentType: 'application/pdf' });
  expect(await (await s3.send(new GetObjectCommand(csv))).Body?.transformToString()).toMatch(/^date,region,product,amount\n/);
  await s3.send(new PutObjectCommand({ ...csv, Body: 'mine' }));
  await uploadExamples(s3, 'files');
  expect(await (await s3.send(new GetObjectCommand(csv))).Body?.transformToString()).toBe('mine');
});
