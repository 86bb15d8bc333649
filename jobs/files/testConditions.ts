/** For tests: the conditions of S3's writes, which the emulator ignores. */
import { HeadObjectCommand, NotFound, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';

const conditional = z.object({
  Bucket: z.string(),
  Key: z.string(),
  IfNoneMatch: z.literal('*').optional(),
  IfMatch: z.string().optional(),
});

/** From now on a conditional write of `s3` fails as on S3; `looking` is another client of the same server. */
export function holdConditions(s3: S3Client, looking: S3Client): void {
  s3.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        if (['PutObjectCommand', 'CompleteMultipartUploadCommand'].includes(commandName))
          await check(looking, conditional.parse(args.input));
        return next(args);
      },
    { step: 'initialize', priority: 'low' },
  );
}

async function check(s3: S3Client, { Bucket, Key, IfNoneMatch, IfMatch }: z.infer<typeof conditional>): Promise<void> {
  if (IfNoneMatch === undefined && IfMatch === undefined) return;
  const etag = await s3.send(new HeadObjectCommand({ Bucket, Key })).then(
    ({ ETag }) => ETag,
    (error: unknown) => {
      if (error instanceof NotFound) return undefined;
      throw error;
    },
  );
  const holds = IfNoneMatch === '*' ? etag === undefined : etag === IfMatch;
  if (holds) return;
  throw new S3ServiceException({
    name: 'PreconditionFailed',
    $fault: 'client',
    $metadata: { httpStatusCode: 412 },
    message: 'At least one of the pre-conditions you specified did not hold',
  });
}
