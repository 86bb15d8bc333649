/** Amazon's own DynamoDB, in memory, on Java: the emulator with streams, with which the fast one is compared. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './freePort.ts';
import { startProgram } from './program.ts';

const run = promisify(execFile);

/** The npm tarball that carries Amazon's jar; only its folder `emulator/` is taken. */
const tarball = {
  name: 'amplify-dynamodb-simulator@2.9.30',
  sha512: 'xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==',
};
const cache = join(import.meta.dirname, '../../.cache');
const folder = join(cache, 'dynamodb-local-2.9.30');

export interface DynamoDbLocal {
  readonly url: string;
  /** Ends the server; a second call does nothing. */
  stop(): Promise<void>;
}

/** One shared database, whatever the region and the access key. */
export async function startDynamoDbLocal(): Promise<DynamoDbLocal> {
  await fetchDynamoDbLocal();
  const port = await freePort();
  const server = await startProgram({
    command: 'java',
    args: [
      '-Xmx512m',
      '-XX:TieredStopAtLevel=1',
      '-Djava.library.path=./DynamoDBLocal_lib',
      '-jar',
      'DynamoDBLocal.jar',
      '-inMemory',
      '-sharedDb',
      '-disableTelemetry',
      '-port',
      String(port),
    ],
    ready: /CorsParams/,
    cwd: folder,
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(url, Date.now() + 30_000);
  return { url, stop: () => server.stop() };
}

/** Puts the jar into `.cache/` unless it is there; the last step is a rename, so half a download is never used. */
async function fetchDynamoDbLocal(): Promise<void> {
  if (await exists(join(folder, 'DynamoDBLocal.jar'))) return;
  await mkdir(cache, { recursive: true });
  const workshop = await mkdtemp(join(cache, 'download-'));
  try {
    await run('npm', ['pack', tarball.name, '--silent', '--pack-destination', workshop]);
    const archive = join(workshop, `${tarball.name.replace('@', '-')}.tgz`);
    const sha512 = createHash('sha512')
      .update(await readFile(archive))
      .digest('base64');
    if (sha512 !== tarball.sha512) throw new Error(`${tarball.name}: the download’s checksum is ${sha512}, not ${tarball.sha512}`);
    await run('tar', ['-xzf', archive, '-C', workshop, 'package/emulator']);
    // Another process may have been faster: then the folder is there and complete.
    await rename(join(workshop, 'package/emulator'), folder).catch((error: unknown) => {
      if (!isErrorCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    });
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

async function answers(url: string, deadline: number): Promise<void> {
  for (;;) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(50);
    }
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function isErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
