/** Loads the job types of a process: the project's own, or those of the module that `JOBS` names. */
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { faultOfJobList, isJobList, loadHandlers, type Handlers, type JobList } from '../core/jobList.ts';
import { ConfigError } from './config.ts';

/**
 * @param jobs The setting: a path from the working directory (`./jobs/index.ts`, `/app/jobs.js`) or a package's name.
 * @param bundled The project's own types, used where the setting is absent.
 * @throws {ConfigError} where there is no such module, it does not load, or its default export is no list of job types.
 */
export async function loadJobs(jobs: string | undefined, bundled: JobList): Promise<JobList> {
  if (jobs === undefined) return bundled;
  const list = await defaultExportOf(jobs);
  if (isJobList(list)) return list;
  throw new ConfigError(`JOBS: ${jobs}: ${faultOfJobList(list) ?? 'not a list of job types'}`);
}

/** @throws {ConfigError} where a module cannot be loaded or does not export the handler of its type. */
export async function loadJobHandlers(list: JobList): Promise<Handlers> {
  try {
    return await loadHandlers(list);
  } catch (error) {
    throw new ConfigError(`JOBS: ${messageOf(error)}`, { cause: error });
  }
}

async function defaultExportOf(jobs: string): Promise<unknown> {
  try {
    const module: unknown = await importFromWorkingDirectory(jobs);
    return z.looseObject({ default: z.unknown().optional() }).parse(module).default;
  } catch (error) {
    throw new ConfigError(`JOBS: ${jobs} cannot be loaded: ${messageOf(error)}`, { cause: error });
  }
}

/** Resolved as if code in the working directory imported it, wherever this package is installed. */
async function importFromWorkingDirectory(jobs: string): Promise<unknown> {
  const isPath = /^(\.{0,2}\/|[A-Za-z]:)/.test(jobs) || /\.[cm]?[jt]s$/.test(jobs);
  if (isPath) return import(pathToFileURL(resolve(jobs)).href);
  const parentURL = pathToFileURL(resolve('package.json')).href;
  const hooks = registerHooks({
    resolve: (specifier, context, next) => next(specifier, context.parentURL === import.meta.url ? { ...context, parentURL } : context),
  });
  try {
    return await import(jobs);
  } finally {
    hooks.deregister();
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
