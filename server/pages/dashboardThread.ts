/**
 * Reads the dashboard's files and strips the types from its TypeScript: once, in a thread of its own, so that nobody waits for
 * it and Node's warning about `stripTypeScriptTypes` stays out of the logs.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort } from 'node:worker_threads';
import type { DashboardFile } from './dashboard.ts';

const root = join(import.meta.dirname, '../..');

/** Packages that the browser gets unchanged, by the name under which its modules import them. */
const packages: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['preact', 'preact/hooks', 'htm', 'htm/preact', '@preact/signals', '@preact/signals-core'].map((name) => [name, packageFile(name)]),
  ),
  'graphql-ws': browserBuild(),
};

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ts': 'text/javascript; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
};

const files = new Map<string, DashboardFile>();
for (const folder of ['dashboard', 'client']) {
  for (const name of readdirSync(join(root, folder))) {
    if (extname(name) in types && !name.endsWith('.test.ts')) add(`/${folder}/${name}`, readFileSync(join(root, folder, name), 'utf8'));
  }
}
const imports: Record<string, string> = {};
for (const [name, path] of Object.entries(packages)) {
  const folder = `/modules/${name.replace('/', '-')}`;
  imports[name] = `${folder}/${basename(path)}`;
  add(`${folder}/${basename(path)}`, readFileSync(path, 'utf8'));
  for (const [, part = ''] of readFileSync(path, 'utf8').matchAll(/from '\.\/([\w-]+\.js)'/g)) {
    add(`${folder}/${part}`, readFileSync(join(dirname(path), part), 'utf8'));
  }
}
addPage();
parentPort?.postMessage(files);

function add(path: string, text: string, headers: Readonly<Record<string, string>> = {}): void {
  const body = path.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  files.set(path, { body, headers: { 'content-type': types[extname(path)] ?? '', etag, ...headers } });
}

/** With the import map, and with all modules listed, so that the browser requests them at once. */
function addPage(): void {
  const importMap = JSON.stringify({ imports });
  const modules = [...files.keys()].filter((path) => /\.(ts|m?js)$/.test(path));
  const page = readFileSync(join(root, 'dashboard/page.html'), 'utf8')
    .replace('<!-- import map -->', () => `<script type="importmap">${importMap}</script>`)
    .replace('<!-- modules -->', () => modules.map((path) => `<link rel="modulepreload" href="${path}">`).join('\n    '));
  files.delete('/dashboard/page.html');
  const digest = createHash('sha256').update(importMap).digest('base64');
  add('/index.html', page, { 'content-security-policy': contentSecurityPolicy(digest), 'referrer-policy': 'no-referrer' });
}

/** The browser then refuses anything that the page might load from elsewhere, and any script that came in as text. */
function contentSecurityPolicy(importMapDigest: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${importMapDigest}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function packageFile(name: string): string {
  return fileURLToPath(import.meta.resolve(name));
}

/** Without the server's half, which needs graphql. */
function browserBuild(): string {
  return join(dirname(packageFile('graphql-ws')), 'client.js');
}
