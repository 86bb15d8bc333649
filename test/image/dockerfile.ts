/**
 * Runs the steps of the Dockerfile's stages in folders, with the same commands and the same files, since no container
 * engine is at hand: FROM, ENV, WORKDIR, COPY, RUN, HEALTHCHECK, VOLUME and CMD as this Dockerfile uses them; anything it uses
 * beyond that is an error. Users, base images and layers are beyond it.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join, matchesGlob, relative } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const argv = z.tuple([z.literal('node')], z.string());

export interface Image {
  /** The folder of /app in the image. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  /** Arguments of node. */
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

interface Stage {
  readonly name: string;
  readonly from: string;
  readonly steps: readonly (readonly [instruction: string, rest: string])[];
}

/** The stages by name, each after the one that it is made from. */
export async function readStages(): Promise<ReadonlyMap<string, Stage>> {
  const text = await readFile(join(root, 'Dockerfile'), 'utf8');
  const lines = text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const stages = new Map<string, Stage>();
  let steps: [string, string][] = [];
  for (const line of lines) {
    const [instruction = '', ...words] = line.split(' ');
    if (instruction === 'FROM') {
      const [from = '', , name = ''] = words;
      steps = [];
      stages.set(name, { name, from, steps });
    } else steps.push([instruction, words.join(' ')]);
  }
  return stages;
}

/** Builds targets below `parent`; each stage once, as Docker does. */
export async function buildImages(targets: readonly string[], parent: string): Promise<readonly Image[]> {
  const [stages, ignored] = [await readStages(), await ignoredPatterns()];
  const built = new Map<string, Promise<Image>>();
  return Promise.all(targets.map(build));

  function build(name: string): Promise<Image> {
    const known = built.get(name) ?? buildStage(name);
    built.set(name, known);
    return known;
  }

  async function buildStage(name: string): Promise<Image> {
    const stage = stages.get(name);
    if (stage === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
    const folder = join(parent, name);
    await mkdir(folder);
    let image: Image = { folder, env: {}, user: undefined, command: [], healthcheck: [] };
    if (stages.has(stage.from)) {
      const base = await build(stage.from);
      // Hard links: what a stage removes is still there for others.
      await run('cp', ['-al', `${base.folder}/.`, folder]);
      image = { ...base, folder };
    }
    for (const [instruction, rest] of stage.steps) image = { ...image, ...(await step(image, instruction, rest)) };
    return image;
  }

  async function step({ folder, env }: Image, instruction: string, rest: string): Promise<Partial<Image>> {
    switch (instruction) {
      case 'ENV':
        return {
          env: { ...env, ...Object.fromEntries(rest.split(' ').map((pair) => [nameOf(pair), pair.slice(nameOf(pair).length + 1)])) },
        };
      case 'USER':
        return { user: rest };
      case 'COPY':
        await copy(folder, rest.split(' '));
        return {};
      case 'RUN':
        await run('sh', ['-c', rest], { cwd: folder, env: { ...process.env, ...env, npm_config_prefer_offline: 'true' } });
        return {};
      case 'HEALTHCHECK':
        return { healthcheck: nodeArguments(rest.slice(rest.indexOf('CMD ') + 4)) };
      case 'CMD':
        return { command: nodeArguments(rest) };
      case 'WORKDIR':
      case 'EXPOSE':
      case 'VOLUME':
        return {};
      default:
        throw new Error(`${instruction} is not known here`);
    }
  }

  async function copy(folder: string, words: readonly string[]): Promise<void> {
    const stageName = words[0]?.startsWith('--from=') === true ? words[0].slice('--from='.length) : undefined;
    const sources = words.slice(stageName === undefined ? 0 : 1, -1);
    const target = words.at(-1) ?? '';
    // Outside of /app the machine's own files are used: the test's Node.
    if (target.startsWith('/')) return;
    if (stageName !== undefined) {
      const { folder: from } = await build(stageName);
      // Hard links do what a copy of a hundred megabytes would.
      for (const source of sources) await run('cp', ['-al', join(from, source.replace(/^\/app\//, '')), join(folder, target)]);
      return;
    }
    for (const source of sources) {
      const to = join(folder, target, target.endsWith('/') ? source : '');
      const isWanted = (path: string): boolean => !ignored.some((pattern) => matchesGlob(relative(root, path), pattern));
      await cp(join(root, source), to, { recursive: true, filter: isWanted });
    }
  }
}

function nameOf(pair: string): string {
  return pair.slice(0, pair.indexOf('='));
}

async function ignoredPatterns(): Promise<readonly string[]> {
  const lines = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function nodeArguments(json: string): readonly string[] {
  return argv.parse(JSON.parse(json)).slice(1);
}
