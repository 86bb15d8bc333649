/** One job on a file in the working directory, as a worker runs it: `node fileJob.ts <type> <params as JSON>`; prints the result. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ObjectStore } from '../../core/objects.ts';
import { loadHandlers } from '../../core/jobList.ts';
import jobs from '../../jobs/index.ts';
import { createTestJob } from '../../testing/createTestJob.ts';

const [type = '', params = '{}'] = process.argv.slice(2);
const pathOf = (uri: string): string => join(process.cwd(), uri.replace('s3://files/', ''));

const objects: ObjectStore = {
  async *read(uri) {
    for await (const chunk of createReadStream(pathOf(uri))) if (chunk instanceof Uint8Array) yield chunk;
  },
  async write(uri, content) {
    const hash = createHash('sha256');
    let bytes = 0;
    await using file = await open(pathOf(uri), 'w');
    for await (const piece of content) {
      hash.update(piece);
      bytes += piece.length;
      await file.write(typeof piece === 'string' ? Buffer.from(piece) : piece);
    }
    return { bytes, sha256: hash.digest('hex') };
  },
};

const handler = (await loadHandlers(jobs.filter((job) => job.type.name === type))).get(type);
if (handler === undefined) throw new Error(`there is no type ${type}`);
const result = await createTestJob({ objects }).run(handler, z.json().parse(JSON.parse(params)));
console.log(JSON.stringify(result));
