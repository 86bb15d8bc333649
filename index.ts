/** The public interface of the package `job-tickets`, for those who write job types of their own; it is kept compatible. */
export { PermanentError } from './core/errors.ts';
export { isSuspension } from './core/suspended.ts';
export type { JobLogger } from './core/logLine.ts';
export {
  defineHandler,
  type ChildRequest,
  type EndedJob,
  type Handler,
  type HandlerContext,
  type JobHandler,
  type ReceivedSignal,
} from './core/handler.ts';
export type { JsonValue } from './core/job.ts';
export { listJob, listJobs, type JobList, type ListedJob } from './core/jobList.ts';
export { defineJobType, type JobPolicy, type JobType, type ParamsOf, type ResultOf } from './core/jobType.ts';
export { inputUri, outputUri } from './core/objectUri.ts';
export type { ObjectContent, ObjectStore, WrittenObject } from './core/objects.ts';
export type { Log } from './telemetry/log.ts';
