/** Bundles the Lambdas with esbuild, in this process: no container, no download. */
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type { LambdaName } from '../grants.ts';

const root = join(import.meta.dirname, '../..');

/** Folders with `index.mjs`, which exports `handler`. */
export type Bundles = Readonly<Record<LambdaName, string>>;

/** The same code gives the same bytes, so unchanged code is not deployed again. */
export function bundleLambdas(folder: string): Bundles {
  return { dlqHandler: bundle('dlqHandler'), streamRelay: bundle('streamRelay'), sweeper: bundle('sweeper') };

  function bundle(name: LambdaName): string {
    const out = join(folder, name);
    buildSync({
      absWorkingDir: root,
      entryPoints: [`lambda/aws/${name}.ts`],
      outfile: join(out, 'index.mjs'),
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: 'none',
      logLevel: 'error',
      // Packages in CommonJS call `require`, which ES modules do not have.
      banner: { js: `import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);` },
    });
    return out;
  }
}
