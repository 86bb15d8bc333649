/** `job-tickets types`: writes the declarations of the job types of `JOBS` for a typed client. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import bundledJobs from '../jobs/index.ts';
import { ConfigError, readConfig } from '../runtime/config.ts';
import { loadJobs } from '../runtime/loadJobs.ts';
import { jobTypesFile } from './jobTypesFile.ts';

/** Exit codes of sysexits.h: arguments and settings that are not valid, and a file that cannot be written. */
const exitCodes = { usage: 64, cannotCreate: 73, config: 78 };

/** Without `--out` it writes to standard output. An error that a person can correct is reported in one line and in the exit code. */
export async function types(args: readonly string[]): Promise<void> {
  try {
    const { out } = parseArgs({ args: [...args], options: { out: { type: 'string' } } }).values;
    const text = await jobTypesFile(await loadJobs(readConfig().jobs, bundledJobs));
    if (out === undefined) process.stdout.write(text);
    else await writeFile(out, text);
  } catch (error) {
    const exitCode = exitCodeOf(error);
    if (exitCode === undefined || !(error instanceof Error)) throw error;
    process.stderr.write(`types: ${error.message}\n`);
    process.exitCode = exitCode;
  }
}

function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof ConfigError) return exitCodes.config;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code.startsWith('ERR_PARSE_ARGS_')) return exitCodes.usage;
  return /^E[A-Z]+$/.test(code) ? exitCodes.cannotCreate : undefined;
}
