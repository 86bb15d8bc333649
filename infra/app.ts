/**
 * `npm run synth -- [environment…] [-c name=value…]`: AWS as code, written to `.cache/cdk.out` without asking AWS or the
 * network anything. The CDK's command line runs it too, and passes its own `-c` values on, including `environment`.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readEnvironment } from '../runtime/config.ts';
import { ContextError, environmentsFor } from './context.ts';
import { contextOf } from './deploy/contextOf.ts';

/** EX_CONFIG of sysexits.h. */
const exitConfig = 78;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { context: { type: 'string', short: 'c', multiple: true } } });
try {
  const cdk = z.record(z.string(), z.unknown()).parse(JSON.parse(readEnvironment()['CDK_CONTEXT_JSON'] ?? '{}'));
  const handedOver = Object.fromEntries(Object.entries(cdk).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  const { environment, ...context } = { ...handedOver, ...contextOf(values.context) };
  const names = environment === undefined ? positionals : [environment];
  const stacks = environmentsFor(names, context);
  // Loading the CDK takes seconds, which a refused command need not wait for.
  const { createJobTicketsApp } = await import('./stacks/jobTicketsApp.ts');
  createJobTicketsApp('.cache/cdk.out', stacks).synth();
} catch (error) {
  if (!(error instanceof ContextError)) throw error;
  process.stderr.write(`synth: ${error.message}\n`);
  process.exitCode = exitConfig;
}
