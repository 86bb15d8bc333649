/**
 * Stand-ins for the images that the Dockerfile is FROM, for a machine that reaches no registry of images: Debian's own
 * packages, cut down as its slim image is, and npm's Node with npm. Kept in .cache/images, since they change with Debian alone.
 */
import { execFile } from 'node:child_process';
import { access, copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = join(import.meta.dirname, '../../.cache/images');
const release = 'bookworm';
/** What Debian's slim image leaves out, too. */
const left = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/locale',
  'usr/share/info',
  'usr/share/lintian',
  'var/cache',
  'var/lib/apt/lists',
];

/** A tar of the root folder of `reference`, such as `node:24.21.0-bookworm-slim`. @throws for an image it cannot stand in for. */
export async function standInFor(reference: string): Promise<string> {
  const archive = join(cache, `${reference.replace(':', '-')}.tar`);
  if (await exists(archive)) return archive;
  await mkdir(cache, { recursive: true });
  const root = await mkdtemp(join(tmpdir(), 'job-tickets-root-'));
  try {
    await fill(root, reference);
    // Under its name only when it is whole.
    await run('tar', ['--directory', root, '--create', '--file', `${archive}.part`, '.']);
    await rename(`${archive}.part`, archive);
    return archive;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function fill(root: string, reference: string): Promise<void> {
  if (/^debian:12\.\d+-slim$/.test(reference)) {
    const quiet = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 * 1024 ** 2 };
    await run('debootstrap', ['--variant=minbase', release, root, 'http://deb.debian.org/debian'], quiet);
    for (const folder of left) {
      await rm(join(root, folder), { recursive: true });
      await mkdir(join(root, folder));
    }
    return;
  }
  const [, version] = /^node:([\d.]+)-bookworm-slim$/.exec(reference) ?? [];
  if (version !== process.versions.node) throw new Error(`there is nothing to stand in for ${reference}`);
  await run('tar', ['--directory', root, '--extract', '--file', await standInFor('debian:12.12-slim')]);
  await copyFile(process.execPath, join(root, 'usr/local/bin/node'));
  await run('npm', ['install', '--silent', '--global', '--prefix', join(root, 'usr/local'), 'npm@11']);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
