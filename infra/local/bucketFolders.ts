/** The buckets as folders, with the example files in the first. */
import { constants } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exampleFiles, examplesPrefix, exampleUrl } from './exampleList.ts';

/** Existing files are left as they are. */
export async function makeBucketFolders(root: string, buckets: readonly string[]): Promise<void> {
  for (const bucket of buckets) await mkdir(join(root, bucket), { recursive: true });
  const [first] = buckets;
  if (first === undefined) return;
  const folder = join(root, first, examplesPrefix);
  await mkdir(folder, { recursive: true });
  for (const { name } of exampleFiles) {
    await copyFile(exampleUrl(name), join(folder, name), constants.COPYFILE_EXCL).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    });
  }
}
