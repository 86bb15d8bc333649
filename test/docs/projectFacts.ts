/** The facts about the project with which pages are compared: its files, scripts, names, and the values that pages repeat. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEnumType } from 'graphql';
import { z } from 'zod';
import { closeCatalogue, errorCatalogue, refusalCatalogue } from '../../core/errors.ts';
import { failureCatalogue } from '../../core/failures.ts';
import * as job from '../../core/job.ts';
import { retentionSeconds } from '../../core/queue/sqs/definition.ts';
import { maxTicks } from '../../core/schedule/schedule.ts';
import { maxWorkflowParamsBytes } from '../../core/usecases/checkWorkflow.ts';
import { maxChildren, maxDepth } from '../../core/usecases/children.ts';
import { maxStepBytes } from '../../core/usecases/keepStep.ts';
import { maxSleepSeconds } from '../../core/usecases/sleeps.ts';
import { maxEdges, maxParamsFrom, maxWorkflowJobs } from '../../core/workflow/workflow.ts';
import { maxConcurrency } from '../../core/typeLimits.ts';
import { maxBatch } from '../../core/usecases/createJob.ts';
import { maxPageSize } from '../../core/usecases/listJobs.ts';
import { maxRunAheadDays } from '../../core/usecases/startTime.ts';
import { maxWaitSeconds } from '../../core/usecases/waitForJob.ts';
import { describeSettings } from '../../runtime/config.ts';
import { schema } from '../../schema/index.ts';
import { embeddedMetrics } from '../../telemetry/embeddedMetrics.ts';
import { counters, gauges, histograms } from '../../telemetry/instruments.ts';
import { neededPrograms } from '../support/install.ts';
import type { Facts } from './findProblems.ts';
import { projectPaths, root } from './readPages.ts';

/** Names of other projects that pages mention. */
const others = ['CHANGED_BY_HAND', 'DEFAULT_GROUP', 'NODE_EXTRA_CA_CERTS', 'NODE_ENV'];
/** Codes of our clients, which no server answers. */
const clientCodes = ['CONNECTION_LOST', 'CONNECTION_CLOSED'];

export function readProjectFacts(): Facts {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  const settings = describeSettings();
  const enumValues = Object.values(schema.getTypeMap()).flatMap((type) =>
    isEnumType(type) ? type.getValues().map(({ name }) => name) : [],
  );
  return {
    paths: projectPaths(),
    scripts: new Set(Object.keys(scripts)),
    capitals: new Set([
      ...settings.map(({ name }) => name),
      ...[errorCatalogue, refusalCatalogue, closeCatalogue, failureCatalogue].flatMap((catalogue) => Object.keys(catalogue)),
      ...enumValues,
      ...clientCodes,
      ...others,
    ]),
    metrics: new Set([...Object.values({ ...counters, ...histograms, ...gauges }), ...embeddedMetrics].map(({ name }) => name)),
    values: {
      ...Object.fromEntries(settings.map(({ name, byDefault }) => [name, byDefault])),
      ...Object.fromEntries(Object.entries(neededPrograms).map(([program, from]) => [`testProgram.${program}`, from])),
      ...limits(settings),
    },
    schema,
    sourceOf: (path) => readFileSync(join(root, path), 'utf8'),
  };
}

/** Values that prose repeats, as it writes them. */
function limits(settings: ReturnType<typeof describeSettings>): Readonly<Record<string, string>> {
  const byDefault = (name: string): number => Number(settings.find((setting) => setting.name === name)?.byDefault);
  const written = (value: number): string => value.toLocaleString('en-US');
  return {
    attempts: written(byDefault('ATTEMPTS_PER_RECEIVE') * byDefault('MAX_RECEIVE_COUNT')),
    maxLosses: written(job.maxLosses),
    maxHistory: written(job.maxHistory),
    maxTags: written(job.maxTags),
    maxTagLength: written(job.maxTagLength),
    maxDelaySeconds: written(job.maxDelaySeconds),
    maxIdempotencyKeyLength: written(job.maxIdempotencyKeyLength),
    maxParamsKB: written(job.maxParamsBytes / 1024),
    maxResultKB: written(job.maxResultBytes / 1024),
    maxErrorMessageLength: written(job.maxErrorMessageLength),
    maxTicks: written(maxTicks),
    maxConcurrency: written(maxConcurrency),
    maxBatch: written(maxBatch),
    maxPageSize: written(maxPageSize),
    maxRunAheadDays: written(maxRunAheadDays),
    maxWaitSeconds: written(maxWaitSeconds),
    maxWorkflowJobs: written(maxWorkflowJobs),
    maxEdges: written(maxEdges),
    maxParamsFrom: written(maxParamsFrom),
    maxWorkflowParamsMB: written(maxWorkflowParamsBytes / 1024 ** 2),
    maxChildren: written(maxChildren),
    maxDepth: written(maxDepth),
    maxStepKB: written(maxStepBytes / 1024),
    maxSleepDays: written(maxSleepSeconds / 86_400),
    queueRetentionDays: written(retentionSeconds.jobs / 86_400),
    deadLetterRetentionDays: written(retentionSeconds.deadLetters / 86_400),
  };
}
