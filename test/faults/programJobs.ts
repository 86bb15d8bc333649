/** The job types of fault tests with workflows, for the setting `JOBS` of their processes. */
import { listJob, listJobs } from '../../core/jobList.ts';
import { simulateWork } from '../../jobs/simulateWork/type.ts';
import { program } from '../support/programs.ts';

export default listJobs([
  listJob(simulateWork, () => import('../../jobs/simulateWork/handler.ts')),
  listJob(program, () => import('./programHandler.ts')),
]);
